import type { ConnectionOptions } from "node:tls";
import type { ClusterTarget, ExecCredential } from "../cluster-target.ts";
import { hostOf } from "../egress.ts";
import { KubeError } from "../kube-error.ts";

/** A credential that ends within this time is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;

/** What TLS needs to know of us and of the other side. */
export type TlsIdentity = Pick<ConnectionOptions, "ca" | "cert" | "key"> & { rejectUnauthorized: boolean };

/** Who we are to one API server, and who it has to be. */
export class Identity {
  #credential: ExecCredential | undefined;
  #renewing: Promise<ExecCredential> | undefined;

  constructor(
    readonly target: ClusterTarget,
    readonly run: (() => Promise<ExecCredential>) | undefined,
  ) {}

  /** The credential that is not in the target, got anew when it ends; undefined for targets that have their own. */
  async current(): Promise<ExecCredential | undefined> {
    const { exec, serviceAccount } = this.target;
    if (exec === undefined && serviceAccount === undefined) return undefined;
    const known = this.#credential;
    if (known !== undefined && (known.expiresAtMs === undefined || known.expiresAtMs - Date.now() > RENEW_BEFORE_MS))
      return known;
    if (this.run === undefined)
      throw new KubeError(
        "CLUSTER_AUTH",
        serviceAccount === undefined
          ? "This cluster logs in by running a program, which only the user's own computer does."
          : "This cluster is the one this server ran in, and it does not run there now.",
        { reason: serviceAccount === undefined ? "ExecPlugin" : "ServiceAccount" },
      );
    this.#renewing ??= this.run().finally(() => {
      this.#renewing = undefined;
    });
    this.#credential = await this.#renewing;
    return this.#credential;
  }

  /** The API server refused it. Of many requests refused at once only the first makes the plugin run again. */
  refused(credential: ExecCredential): void {
    if (this.#credential === credential) this.#credential = undefined;
  }

  /** A request's headers under a credential. */
  headers(credential: ExecCredential | undefined, more: Record<string, string> = {}): Record<string, string> {
    const { token, basic } = this.target;
    const headers: Record<string, string> = { accept: "application/json", "user-agent": "flux-orchestrator", ...more };
    const bearer = credential?.token ?? token;
    if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
    else if (basic !== undefined)
      headers.authorization = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}`;
    return headers;
  }

  tls(credential: ExecCredential | undefined): TlsIdentity {
    const { ca, insecure } = this.target;
    const cert = credential?.cert ?? this.target.cert;
    const key = credential?.key ?? this.target.key;
    return {
      // Said explicitly: without it NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
      rejectUnauthorized: insecure !== true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }

  /** The name or IP address the API server's certificate has to be for, whatever address is connected to. */
  get serverName(): string {
    return this.target.serverName ?? hostOf(this.target.server).replace(/\.$/, "");
  }
}
