import { isIP } from "node:net";
import { isRecord } from "@flux-orchestrator/flux";
import type { ClusterTarget, ExecCredential } from "./cluster-target.ts";
import { type EgressPolicy, hostOf } from "./egress.ts";
import { errorOfFetch, errorOfResponse, KubeError } from "./kube-error.ts";
import type { Answered } from "./transport/answered.ts";
import { CheckedAddresses } from "./transport/checked-addresses.ts";
import type { Protocol } from "./transport/dial.ts";
import { Identity } from "./transport/identity.ts";
import { pour, type TakePiece } from "./transport/pour.ts";
import { responseOf } from "./transport/response-of.ts";
import { socketError } from "./transport/settled.ts";
import { StreamConnections } from "./transport/stream-connections.ts";

/** Milliseconds a unary call may take. */
const TIMEOUT_MS = 15_000;
/** Milliseconds a probe may take. */
const PROBE_MS = 5_000;
/** Milliseconds: a connection that died silently is noticed after at most three looks. */
const LOOK_EVERY_MS = 15_000;
/** Bytes of one answer. A page of 500 large objects has about 10 MiB. */
const BODY_MAX = 64 * 1024 * 1024;

export interface RequestOptions {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /** Milliseconds a reader of a stream waits for a byte before it is given up; for unary calls the deadline of the whole. */
  timeoutMs?: number;
}

export interface PourRequest {
  signal: AbortSignal;
  /** Milliseconds until the answer begins. */
  openMs: number;
  /** Milliseconds without a byte. */
  idleMs: number;
  /** The answer begins, and is a good one. */
  onOpen: () => void;
}

/** One API server under one identity, with connections of its own. */
export interface Transport {
  readonly target: ClusterTarget;
  /**
   * The answer, whatever its status, as soon as its headers are there. No deadline, only an idle limit. Its body is read
   * only as fast as the caller reads it. Over HTTP/2 where the server speaks it, all streams on one connection.
   * @throws KubeError when there is no answer
   */
  stream(path: string, options?: RequestOptions): Promise<Response>;
  /**
   * The same for a stream without end that one of ours takes as it comes: at a fraction of what a Response holds. Resolves
   * when the API server has ended it.
   * @throws KubeError for every status but 2xx, and when the stream breaks off; what `take` throws, as it is
   */
  pour(path: string, options: PourRequest, take: TakePiece): Promise<void>;
  /**
   * One call, its JSON parsed.
   * @throws KubeError for every status but 2xx
   */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
  /** One call's text. @throws KubeError for every status but 2xx */
  text(path: string, options?: RequestOptions): Promise<string>;
  /**
   * Asks whether the API server answers, in whatever way, on the connection that carries its streams. Breaks every stream
   * off when it does not, because they are as dead.
   * @throws KubeError CLUSTER_TIMEOUT after `timeoutMs`, 5 s by default; CLUSTER_UNREACHABLE, …
   */
  probe(options?: Pick<RequestOptions, "signal" | "timeoutMs">): Promise<void>;
  /** When the API server last sent anything, milliseconds since the epoch; 0 before the first time. */
  readonly heardAtMs: number;
  close(): void;
}

export interface TransportOptions {
  egress: EgressPolicy;
  timeoutMs?: number;
  /** Gives the credential of a target that is not in it; without it such a target cannot log in. */
  credential?: () => Promise<ExecCredential>;
  /** What streams may be carried by. */
  protocols?: readonly Protocol[];
  /** Milliseconds between two looks at a connection of streams: one that stays silent is asked, then ended. */
  lookEveryMs?: number;
}

/**
 * Opens nothing yet. TLS is verified unless the target says otherwise, whatever the environment says; proxies of the
 * environment are ignored; redirects are errors; every address is checked and the connection goes to a checked one.
 */
export function createTransport(target: ClusterTarget, options: TransportOptions): Transport {
  return new ClusterTransport(target, options);
}

/** Unary calls by `fetch`, HTTP/1.1; streams on connections of our own. */
class ClusterTransport implements Transport {
  readonly #identity: Identity;
  readonly #addresses: CheckedAddresses;
  readonly #streams: StreamConnections;
  #session: { fetch: Bun.FetchSession; cert: string | undefined } | undefined;
  heardAtMs = 0;

  constructor(
    readonly target: ClusterTarget,
    readonly options: TransportOptions,
  ) {
    this.#identity = new Identity(target, options.credential);
    this.#addresses = new CheckedAddresses(target, options.egress);
    this.#streams = new StreamConnections({
      target,
      identity: this.#identity,
      addresses: this.#addresses,
      protocols: options.protocols ?? ["h2", "http/1.1"],
      lookEveryMs: options.lookEveryMs ?? LOOK_EVERY_MS,
      onHeard: () => this.#hear(),
    });
  }

  async stream(path: string, options: RequestOptions = {}): Promise<Response> {
    const { signal, timeoutMs: idleMs } = options;
    try {
      return responseOf(await this.#request(path, options), { signal, idleMs });
    } catch (error) {
      throw errorOfFetch(error, signal);
    }
  }

  async pour(path: string, options: PourRequest, take: TakePiece): Promise<void> {
    const { signal, idleMs, openMs, onOpen } = options;
    const answered = await this.#opened(path, within(openMs, signal), signal);
    if (answered.status < 200 || answered.status > 299)
      throw await errorOfResponse(responseOf(answered, { signal, idleMs }));
    onOpen();
    return pour(answered, { signal, idleMs }, take);
  }

  /** A function of its own, so that nothing of the opening is held while the stream lives. */
  async #opened(path: string, opening: AbortSignal, signal: AbortSignal): Promise<Answered> {
    try {
      return await this.#request(path, { signal: opening });
    } catch (error) {
      throw errorOfFetch(error, signal);
    }
  }

  #request(path: string, { method = "GET", headers, body, signal }: RequestOptions): Promise<Answered> {
    const { pathname } = new URL(this.target.server);
    return this.#authorized(
      (credential) =>
        this.#streams.request(
          {
            method,
            path: pathname === "/" ? path : pathname + path,
            headers: this.#identity.headers(credential, headers),
            body,
            signal,
          },
          credential,
        ),
      ({ source }) => void source.destroy(),
    );
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
    const signal = within(options.timeoutMs ?? this.options.timeoutMs ?? TIMEOUT_MS, options.signal);
    try {
      const response = await this.#authorized(
        (credential) => this.#fetch(path, { ...options, signal }, credential),
        (refused) => refused.body?.cancel(),
      );
      this.#hear();
      if (!response.ok) throw await errorOfResponse(response);
      const length = Number(response.headers.get("content-length") ?? 0);
      if (length > BODY_MAX) {
        await response.body?.cancel();
        throw tooLarge();
      }
      const text = await readWhole(response);
      this.#hear();
      return text;
    } catch (error) {
      throw errorOfFetch(error, options.signal);
    }
  }

  async probe({ signal, timeoutMs = PROBE_MS }: Pick<RequestOptions, "signal" | "timeoutMs"> = {}): Promise<void> {
    try {
      const response = await this.stream("/version", { signal: within(timeoutMs, signal) });
      await response.body?.cancel();
    } catch (error) {
      const failure = errorOfFetch(error, signal);
      if (failure instanceof KubeError) this.#streams.close(socketError("ETIMEDOUT"));
      throw failure;
    }
  }

  close(): void {
    this.#session?.fetch.close();
    this.#session = undefined;
    this.#streams.close(socketError("ECONNABORTED"));
  }

  #hear(): void {
    this.heardAtMs = Date.now();
  }

  /** A request under our identity; a credential from elsewhere that the API server refuses is renewed once. */
  async #authorized<Answer extends { status: number }>(
    send: (credential: ExecCredential | undefined) => Promise<Answer>,
    discard: (answer: Answer) => Promise<void> | void,
  ): Promise<Answer> {
    const credential = await this.#identity.current();
    const answer = await send(credential);
    if (answer.status !== 401 || credential === undefined) return answer;
    await discard(answer);
    this.#identity.refused(credential);
    return send(await this.#identity.current());
  }

  #fetch(
    path: string,
    { method = "GET", headers, body, signal }: RequestOptions,
    credential: ExecCredential | undefined,
  ): Promise<Response> {
    const session = this.#sessionFor(credential);
    const init = {
      method,
      headers: this.#identity.headers(credential, headers),
      redirect: "manual",
      // The deadline is in `signal`.
      timeout: false,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    } as BunFetchRequestInit;
    return this.#addresses.try((address) => session.fetch(...requestAt(address, this.target, path, init)), signal);
  }

  #sessionFor(credential: ExecCredential | undefined): Bun.FetchSession {
    const cert = credential?.cert;
    if (this.#session !== undefined && this.#session.cert === cert) return this.#session.fetch;
    this.#session?.fetch.close();
    const { serverName } = this.#identity;
    const isNamed = isIP(serverName) === 0 || this.target.serverName !== undefined;
    const fetch = new Bun.FetchSession({
      // A connection by address still has to prove the name.
      tls: { ...this.#identity.tls(credential), ...(isNamed ? { serverName } : {}) },
      // Said explicitly: the environment's proxies are not ours. A proxy of the target comes with each request.
      proxy: false,
      keepAlive: { idleTimeout: 30, maxIdleSockets: 2 },
    } as ConstructorParameters<typeof Bun.FetchSession>[0]);
    this.#session = { fetch, cert };
    return fetch;
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

const within = (timeoutMs: number, signal: AbortSignal | undefined): AbortSignal => {
  const deadline = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
};

const tooLarge = () =>
  new KubeError("CLUSTER_ERROR", "The API server's answer is larger than any that is asked for.", {
    status: 200,
    reason: "TooLarge",
  });

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
