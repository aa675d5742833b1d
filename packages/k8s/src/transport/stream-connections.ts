import type { TLSSocket } from "node:tls";
import type { ClusterTarget, ExecCredential } from "../cluster-target.ts";
import type { Answered, StreamRequest } from "./answered.ts";
import type { CheckedAddresses } from "./checked-addresses.ts";
import { dial, type Protocol } from "./dial.ts";
import { requestOverHttp1 } from "./http1-request.ts";
import { Http2Connection } from "./http2-connection.ts";
import type { Identity } from "./identity.ts";

/** Milliseconds until a connection is ready, a proxy included. */
const CONNECT_MS = 10_000;

export interface StreamConnectionsOptions {
  target: ClusterTarget;
  identity: Identity;
  addresses: CheckedAddresses;
  protocols: readonly Protocol[];
  lookEveryMs: number;
  onHeard: () => void;
}

type Connection = Http2Connection | TLSSocket;

/**
 * The connections that carry one API server's streams. Over HTTP/2 streams share a connection as far as the server
 * allows, over HTTP/1.1 each has its own; which it is shows when the first one is opened.
 */
export class StreamConnections {
  /** By the client certificate they were opened with: one shown once is shown for as long as the connection lives. */
  readonly #shared = new Map<Http2Connection, string | undefined>();
  readonly #sockets = new Set<TLSSocket>();
  #dialling: { cert: string | undefined; connection: Promise<Connection> } | undefined;
  #isShared = true;
  #closing = new AbortController();

  constructor(readonly options: StreamConnectionsOptions) {}

  /** @throws whatever a socket, TLS or HTTP has to say; KubeError of the egress check */
  async request(request: StreamRequest, credential: ExecCredential | undefined): Promise<Answered> {
    try {
      return await this.#attempt(request, credential);
    } catch (error) {
      if (!isUntouched(error) || request.signal?.aborted === true) throw error;
      return this.#attempt(request, credential);
    }
  }

  async #attempt(request: StreamRequest, credential: ExecCredential | undefined): Promise<Answered> {
    const cert = credential?.cert;
    for (;;) {
      for (const [connection, shownCert] of this.#shared)
        if (shownCert === cert && connection.hasRoom) return connection.request(request);
      const dialling = this.#isShared ? this.#dialling : undefined;
      if (dialling === undefined || dialling.cert !== cert) return this.#own(request, credential);
      // Somebody opens one already; who finds no room in it opens the next.
      await unlessAborted(dialling.connection, request.signal);
    }
  }

  /** Ends every connection, opened or not. The next request opens a new one. */
  close(error: Error): void {
    this.#closing.abort(error);
    this.#closing = new AbortController();
    for (const connection of this.#shared.keys()) connection.destroy(error);
    for (const socket of this.#sockets) socket.destroy(error);
  }

  async #own(request: StreamRequest, credential: ExecCredential | undefined): Promise<Answered> {
    const dialling = this.#dial(credential);
    try {
      const connection = await unlessAborted(dialling, request.signal);
      if (connection instanceof Http2Connection) return await connection.request(request);
      const { host } = new URL(this.options.target.server);
      return await requestOverHttp1(connection, host, request, this.options.onHeard);
    } catch (error) {
      // Nobody else would use a connection that came too late; a shared one ends by itself when nobody does.
      dialling.then((late) => late instanceof Http2Connection || late.destroy()).catch(() => {});
      throw error;
    }
  }

  #dial(credential: ExecCredential | undefined): Promise<Connection> {
    const dialling = { cert: credential?.cert, connection: this.#connect(credential) };
    this.#dialling = dialling;
    const done = () => {
      if (this.#dialling === dialling) this.#dialling = undefined;
    };
    dialling.connection.then(done, done);
    return dialling.connection;
  }

  async #connect(credential: ExecCredential | undefined): Promise<Connection> {
    const { target, identity, addresses, protocols, lookEveryMs, onHeard } = this.options;
    const { server, proxy } = target;
    const { serverName } = identity;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CONNECT_MS)]);
    const tls = identity.tls(credential);
    const { socket, protocol } = await addresses.try(
      (address) => dial({ server, address, proxy, tls, serverName, protocols, signal }),
      signal,
    );
    this.#isShared = protocol === "h2";
    if (protocol === "http/1.1") {
      this.#sockets.add(socket);
      return socket.on("close", () => this.#sockets.delete(socket));
    }
    const connection = await Http2Connection.over(socket, server, signal, {
      lookEveryMs,
      onHeard,
      onClosed: () => this.#shared.delete(connection),
    });
    this.#shared.set(connection, credential?.cert);
    return connection;
  }
}

/** The server said good-bye before it looked at the request, so that it may be sent again, whatever it is. */
const isUntouched = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_HTTP2_GOAWAY_SESSION";

/** The work's end, or the abort's reason as soon as the signal aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
