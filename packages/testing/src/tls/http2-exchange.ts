import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { ReceivedRequest, Reply } from "./http-exchange.ts";

type Headers = Record<string, string>;

/** Answers one request on a stream of its connection. */
class Http2Reply implements Reply {
  constructor(
    readonly socket: TLSSocket,
    readonly stream: ServerHttp2Stream,
  ) {}

  send(status: number, body: unknown = "", headers: Headers = {}): void {
    this.#head(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json", ...headers });
    this.stream.end(Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body));
  }

  open(headers: Headers = {}): void {
    this.#head(200, { "content-type": "application/json", ...headers });
  }

  write(piece: string | Uint8Array): boolean {
    return this.stream.write(piece);
  }

  flushed(): Promise<void> {
    // An answer to a PING says that the other side has read everything before it.
    return new Promise((resolve) => this.stream.write("", () => this.stream.session?.ping(() => resolve())));
  }

  end(): void {
    this.stream.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #head(status: number, headers: Headers): void {
    // Whoever asked may have gone away meanwhile.
    if (!this.stream.closed) this.stream.respond({ ":status": status, ...headers });
  }
}

/** Speaks HTTP/2 on a connection that has agreed to it. @returns its session, as soon as there is one */
export function speakHttp2(
  socket: TLSSocket,
  streamsMax: number,
  onRequest: (request: ReceivedRequest, reply: Reply) => void,
): Promise<ServerHttp2Session> {
  const server = createServer({ settings: { maxConcurrentStreams: streamsMax } });
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    // A client that gives a stream up is nothing to complain about.
    stream.on("error", () => {});
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      const fields = Object.entries(headers).map(([name, value]) => [name, String(value)]);
      const request = {
        method: String(headers[":method"]),
        path: String(headers[":path"]),
        headers: Object.fromEntries([...fields, ["host", String(headers[":authority"])]]),
        body: Buffer.concat(parts).toString("utf8"),
      };
      onRequest(request, new Http2Reply(socket, stream));
    });
  });
  const session = new Promise<ServerHttp2Session>((resolve) =>
    server.once("session", (opened) => resolve(opened as ServerHttp2Session)),
  );
  server.emit("connection", socket);
  return session;
}
