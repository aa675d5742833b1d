import { isIP } from "node:net";
import type { ClusterTarget } from "../cluster-target.ts";
import { checkEgress, type EgressPolicy, hostOf } from "../egress.ts";

/** Milliseconds a resolved address is used before the name is asked for again. */
const KEPT_MS = 30_000;

/** The addresses a target, or its proxy, may be connected at; remembered for a while. */
export class CheckedAddresses {
  #known: { list: readonly string[]; atMs: number } | undefined;

  constructor(
    readonly target: ClusterTarget,
    readonly egress: EgressPolicy,
  ) {}

  /**
   * Tries the addresses one after the other. Only one that refuses leads to the next: nothing was sent there, so that
   * the next may be tried whatever the request is.
   * @throws KubeError EGRESS_DENIED, CLUSTER_UNREACHABLE; what the last attempt threw
   */
  async try<T>(attempt: (address: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let refused: unknown;
    for (const address of await this.#list()) {
      try {
        return await attempt(address);
      } catch (error) {
        if (!isRefused(error) || signal?.aborted === true) throw error;
        refused = error;
      }
    }
    this.#known = undefined;
    throw refused;
  }

  async #list(): Promise<readonly string[]> {
    const { server, proxy } = this.target;
    // The proxy resolves the server's name; what can be checked here is the proxy, and an address given as such.
    if (proxy !== undefined && isIP(hostOf(server)) !== 0) await checkEgress(server, this.egress);
    if (this.#known !== undefined && Date.now() - this.#known.atMs < KEPT_MS) return this.#known.list;
    const list = await checkEgress(proxy ?? server, this.egress);
    this.#known = { list, atMs: Date.now() };
    return list;
  }
}

const REFUSED = new Set([
  "ConnectionRefused",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "FailedToOpenSocket",
]);
const isRefused = (error: unknown): boolean =>
  error instanceof Error && "code" in error && REFUSED.has(String(error.code));
