import type { IncomingMessage } from "node:http";
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "../../kubernetes/certificates.ts";
import { answer, type Request } from "./answer.ts";
import type { Cluster } from "./cluster.ts";
import { Outgoing, type Response } from "./outgoing.ts";
import { StatusError } from "./status.ts";
import type { WatchStream } from "./watches.ts";

/** A connection as Bun holds it: what stops its reading below TLS and HTTP. */
type NativeSocket = TLSSocket & { _handle?: { pause?(): void } };

/** One API server on loopback: TLS, HTTP/2 for clients that offer it, HTTP/1.1 for the others. */
export class ApiServer {
  port = 0;
  readonly watches = new Set<WatchStream>();
  readonly #sockets = new Set<TLSSocket>();
  readonly #connections = new Set<Socket>();
  readonly #answers = new Map<Outgoing, TLSSocket | undefined>();
  #server: Http2SecureServer | undefined;

  constructor(
    readonly cluster: Cluster,
    readonly identity: KeyPair,
  ) {}

  /** Listens, after a stop again at the same port. */
  async listen(): Promise<void> {
    const server = createSecureServer({ ...this.identity, allowHTTP1: true }, (request, response) => {
      void this.#serve(request, response as Response);
    });
    // What a client does to its connection is nothing to complain about.
    for (const event of ["sessionError", "tlsClientError", "clientError"]) server.on(event, () => {});
    server.on("connection", (socket: Socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
    });
    this.#server = server;
    this.port = await new Promise<number>((listening, fail) => {
      server.once("error", fail);
      server.listen(this.port, "127.0.0.1", () => listening((server.address() as AddressInfo).port));
    });
  }

  /** Refuses connections and breaks the open ones off. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((done) => server.close(done));
    this.reset();
    // Those that have not come to TLS yet, too.
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  /** Breaks every open connection off. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Lets every open connection fall silent for ever without closing it, as when a router forgets it: nothing is read,
   * not even a ping, and nothing is written. New connections are served.
   */
  forgetConnections(): void {
    for (const socket of this.#sockets as Set<NativeSocket>) socket._handle?.pause?.();
    for (const out of this.#answers.keys()) out.isSilent = true;
    for (const watch of this.watches) watch.forget();
    this.watches.clear();
  }

  async #serve(incoming: IncomingMessage | Http2ServerRequest, response: Response): Promise<void> {
    const { cluster } = this;
    const { settings } = cluster.faults;
    const out = new Outgoing(response, {
      acceptsGzip: /\bgzip\b/.test(String(incoming.headers["accept-encoding"] ?? "")),
      bytesPerSecond: settings.bytesPerSecond,
    });
    this.#answers.set(out, undefined);
    response.on("close", () => this.#answers.delete(out));
    if (settings.hang === true) return;
    try {
      const fault = cluster.faults.statusNow();
      if (fault !== undefined) throw faultAnswer(fault.code, fault.retryAfterSeconds);
      await answer(cluster, requestOf(incoming), out, this.watches);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const retryAfter = error.details?.["retryAfterSeconds"];
      const headers = typeof retryAfter === "number" ? { "retry-after": String(retryAfter) } : {};
      out.send(error.code, JSON.stringify(error), headers);
    }
  }
}

function faultAnswer(code: 401 | 429 | 500 | 503, retryAfterSeconds: number | undefined): StatusError {
  const [reason, message] = {
    401: ["Unauthorized", "Unauthorized"],
    429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
    500: ["InternalError", "an error on the server has prevented the request from succeeding"],
    503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  }[code] as [string, string];
  return new StatusError(code, reason, message, retryAfterSeconds === undefined ? undefined : { retryAfterSeconds });
}

function requestOf(incoming: IncomingMessage | Http2ServerRequest): Request {
  const url = new URL(incoming.url ?? "/", "https://cluster");
  let body: Promise<string> | undefined;
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers as Record<string, string | undefined>,
    body: () => {
      body ??= readWhole(incoming);
      return body;
    },
  };
}

async function readWhole(incoming: IncomingMessage | Http2ServerRequest): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
