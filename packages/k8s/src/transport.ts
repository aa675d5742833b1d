import { isIP } from "node:net";
import { isRecord } from "@flux-orchestrator/flux";
import type { ClusterTarget, ExecCredential } from "./cluster-target.ts";
import { checkEgress, type EgressPolicy, hostOf } from "./egress.ts";
import { errorOfFetch, errorOfResponse, KubeError } from "./kube-error.ts";

/** Milliseconds a unary call may take. */
const TIMEOUT_MS = 15_000;
/** Milliseconds a resolved address is used before the name is asked for again. */
const ADDRESS_KEPT_MS = 30_000;
/** A credential that ends within this time is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;
/** Bytes of one answer. A page of 500 large objects has about 10 MiB. */
const BODY_MAX = 64 * 1024 * 1024;

export interface RequestOptions {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which a stream is given up; for unary calls the deadline of the whole. */
  timeoutMs?: number;
}

/** One API server under one identity, with a pool of its own. Unary calls and streams, HTTP/1.1. */
export interface Transport {
  readonly target: ClusterTarget;
  /**
   * The answer, whatever its status, as soon as its headers are there. For streams: no deadline, only an idle limit.
   * @throws KubeError when there is no answer
   */
  stream(path: string, options?: RequestOptions): Promise<Response>;
  /**
   * One call, its JSON parsed.
   * @throws KubeError for every status but 2xx
   */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
  /** One call's text. @throws KubeError for every status but 2xx */
  text(path: string, options?: RequestOptions): Promise<string>;
  /** When the API server last sent anything, milliseconds since the epoch; 0 before the first time. */
  readonly heardAtMs: number;
  /** Told by whoever reads a stream. */
  heard(): void;
  close(): void;
}

export interface TransportOptions {
  egress: EgressPolicy;
  timeoutMs?: number;
  /** Runs the target's exec plugin; without it such a target cannot log in. */
  credential?: () => Promise<ExecCredential>;
}

/**
 * Opens nothing yet. TLS is verified unless the target says otherwise, whatever the environment says; proxies of the
 * environment are ignored; redirects are errors; every address is checked and the connection goes to a checked one.
 */
export function createTransport(target: ClusterTarget, options: TransportOptions): Transport {
  return new FetchTransport(target, options);
}

class FetchTransport implements Transport {
  #session: Bun.FetchSession | undefined;
  #sessionOf: ExecCredential | undefined;
  #credential: ExecCredential | undefined;
  #renewing: Promise<ExecCredential> | undefined;
  #addresses: { list: readonly string[]; atMs: number } | undefined;
  heardAtMs = 0;

  constructor(
    readonly target: ClusterTarget,
    readonly options: TransportOptions,
  ) {}

  async stream(path: string, options: RequestOptions = {}): Promise<Response> {
    try {
      const response = await this.#authorized(path, options);
      this.heard();
      return response;
    } catch (error) {
      throw errorOfFetch(error, options.signal);
    }
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.text(path, options);
    let answer: unknown;
    let cause: unknown;
    try {
      answer = JSON.parse(text);
    } catch (error) {
      cause = error;
    }
    // Everything an API server answers is an object.
    if (isRecord(answer)) return answer as T;
    throw new KubeError("NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server.", {
      status: 200,
      cause,
    });
  }

  async text(path: string, options: RequestOptions = {}): Promise<string> {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? this.options.timeoutMs ?? TIMEOUT_MS);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    try {
      const response = await this.#authorized(path, { ...options, signal });
      this.heard();
      if (!response.ok) throw await errorOfResponse(response);
      const length = Number(response.headers.get("content-length") ?? 0);
      if (length > BODY_MAX) {
        await response.body?.cancel();
        throw tooLarge();
      }
      const text = await readWhole(response);
      this.heard();
      return text;
    } catch (error) {
      throw errorOfFetch(error, options.signal);
    }
  }

  heard(): void {
    this.heardAtMs = Date.now();
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  /** A request under our identity; an exec credential that the API server refuses is renewed once. */
  async #authorized(path: string, options: RequestOptions): Promise<Response> {
    const credential = await this.#current();
    const response = await this.#request(path, options, credential);
    if (response.status !== 401 || credential === undefined) return response;
    await response.body?.cancel();
    // Of many requests refused at once only the first makes the plugin run again.
    if (this.#credential === credential) this.#credential = undefined;
    return this.#request(path, options, await this.#current());
  }

  async #request(path: string, options: RequestOptions, credential: ExecCredential | undefined): Promise<Response> {
    const session = this.#sessionFor(credential);
    const { server, proxy, token, basic } = this.target;
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": "flux-orchestrator",
      ...options.headers,
    };
    const bearer = credential?.token ?? token;
    if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
    else if (basic !== undefined)
      headers.authorization = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}`;
    const init: BunFetchRequestInit = {
      method: options.method ?? "GET",
      headers,
      redirect: "manual",
      // The idle limit of streams; unary calls have their deadline in `signal`.
      timeout: options.timeoutMs ?? false,
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    } as BunFetchRequestInit;
    // The proxy resolves the server's name; what can be checked here is the proxy, and an address given as such.
    if (proxy !== undefined && isIP(hostOf(server)) !== 0) await checkEgress(server, this.options.egress);
    const addresses = await this.#checked(proxy ?? server);
    let refused: unknown;
    for (const address of addresses) {
      try {
        return await session.fetch(...requestAt(address, this.target, path, init));
      } catch (error) {
        // Nothing was sent yet, so the next address may be tried whatever the method is.
        if (!isRefused(error) || options.signal?.aborted === true) throw error;
        refused = error;
      }
    }
    this.#addresses = undefined;
    throw refused;
  }

  /** @throws KubeError EGRESS_DENIED, CLUSTER_UNREACHABLE */
  async #checked(url: string): Promise<readonly string[]> {
    const known = this.#addresses;
    if (known !== undefined && Date.now() - known.atMs < ADDRESS_KEPT_MS) return known.list;
    const list = await checkEgress(url, this.options.egress);
    this.#addresses = { list, atMs: Date.now() };
    return list;
  }

  /** What the exec plugin last printed, run again when it ends; undefined for targets without one. */
  async #current(): Promise<ExecCredential | undefined> {
    if (this.target.exec === undefined) return undefined;
    const known = this.#credential;
    if (known !== undefined && (known.expiresAtMs === undefined || known.expiresAtMs - Date.now() > RENEW_BEFORE_MS))
      return known;
    const run = this.options.credential;
    if (run === undefined)
      throw new KubeError(
        "CLUSTER_AUTH",
        "This cluster logs in by running a program, which only the user's own computer does.",
        { reason: "ExecPlugin" },
      );
    this.#renewing ??= run().finally(() => {
      this.#renewing = undefined;
    });
    this.#credential = await this.#renewing;
    return this.#credential;
  }

  #sessionFor(credential: ExecCredential | undefined): Bun.FetchSession {
    if (this.#session !== undefined && this.#sessionOf?.cert === credential?.cert) return this.#session;
    this.#session?.close();
    this.#sessionOf = credential;
    const { ca, serverName, insecure, server } = this.target;
    const cert = credential?.cert ?? this.target.cert;
    const key = credential?.key ?? this.target.key;
    const host = hostOf(server);
    // A connection by address still has to prove the name.
    const name = serverName ?? (isIP(host) !== 0 ? undefined : host.replace(/\.$/, ""));
    this.#session = new Bun.FetchSession({
      tls: {
        // Said explicitly: without it NODE_TLS_REJECT_UNAUTHORIZED=0 would switch verification off.
        rejectUnauthorized: insecure !== true,
        ...(ca === undefined ? {} : { ca }),
        ...(name === undefined ? {} : { serverName: name }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      },
      // Said explicitly: the environment's proxies are not ours. A proxy of the target comes with each request.
      proxy: false,
      keepAlive: { idleTimeout: 30, maxIdleSockets: 2 },
    } as ConstructorParameters<typeof Bun.FetchSession>[0]);
    return this.#session;
  }
}

/** A request that goes to one checked address and still speaks of the name. */
function requestAt(
  address: string,
  { server, proxy }: ClusterTarget,
  path: string,
  init: BunFetchRequestInit,
): [string, BunFetchRequestInit] {
  const at = (url: string): URL => {
    const moved = new URL(url);
    moved.hostname = address.includes(":") ? `[${address}]` : address;
    return moved;
  };
  if (proxy !== undefined) {
    // A TLS proxy proves its name, so that its name has to stay; whoever else answers there fails that proof.
    const url = proxy.startsWith("https:") ? proxy : at(proxy).origin;
    return [server + path, { ...init, proxy: { url, respectNoProxy: false } } as BunFetchRequestInit];
  }
  if (address === hostOf(server)) return [server + path, init];
  const headers = { ...(init.headers as Record<string, string>), host: new URL(server).host };
  return [at(server + path).href, { ...init, headers }];
}

const tooLarge = () =>
  new KubeError("CLUSTER_ERROR", "The API server's answer is larger than any that is asked for.", { status: 200 });

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

/** The whole body, unless it is larger than any that is asked for. */
async function readWhole(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX) throw tooLarge();
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}
