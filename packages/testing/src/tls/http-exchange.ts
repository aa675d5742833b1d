import type { TLSSocket } from "node:tls";

/** One request as it came over the wire. */
export interface RecordedRequest {
  method: string;
  /** With its query. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Of the connection it came on, counted from 0. */
  connection: number;
  /** Common name of the client certificate shown on that connection. */
  clientName: string | null;
}

/** A request without what is known of its connection. */
export type ReceivedRequest = Omit<RecordedRequest, "connection" | "clientName">;

type Headers = Record<string, string>;

/** Answers one request, byte by byte where a test wants that. */
export interface Reply {
  /** The connection; over HTTP/2 other streams share it. */
  readonly socket: TLSSocket;
  /** A whole answer; what is no text is sent as JSON. */
  send(status: number, body?: unknown, headers?: Headers): void;
  /** Begins a stream of unknown length. */
  open(headers?: Headers): void;
  /** One piece of a stream. @returns false when the other side reads too slowly */
  write(piece: string | Uint8Array): boolean;
  /** Resolves when everything written has left. */
  flushed(): Promise<void>;
  /** Ends a stream in good order. */
  end(): void;
  /** Breaks the connection off. */
  destroy(): void;
}

export class Http1Reply implements Reply {
  constructor(readonly socket: TLSSocket) {}

  send(status: number, body: unknown = "", headers: Headers = {}): void {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    this.#head(status, {
      "content-type": typeof body === "string" ? "text/plain" : "application/json",
      "content-length": String(bytes.length),
      ...headers,
    });
    this.socket.write(bytes);
  }

  open(headers: Headers = {}): void {
    this.#head(200, { "content-type": "application/json", "transfer-encoding": "chunked", ...headers });
  }

  write(piece: string | Uint8Array): boolean {
    const bytes = Buffer.from(piece);
    return this.socket.write(
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]),
    );
  }

  flushed(): Promise<void> {
    return new Promise((resolve) => this.socket.write("", () => resolve()));
  }

  end(): void {
    this.socket.write("0\r\n\r\n");
  }

  destroy(): void {
    this.socket.destroy();
  }

  #head(status: number, headers: Headers): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n`);
  }
}

/** Takes whole requests off the front of what a connection received; returns them and what is left. */
export function takeRequests(received: Buffer): {
  requests: ReceivedRequest[];
  rest: Buffer;
} {
  const requests: ReturnType<typeof takeRequests>["requests"] = [];
  let rest = received;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return { requests, rest };
    const [line = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      lines.map((header) => {
        const colon = header.indexOf(":");
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
      }),
    );
    const bodyEnd = end + 4 + Number(headers["content-length"] ?? 0);
    if (rest.length < bodyEnd) return { requests, rest };
    const [method = "", path = ""] = line.split(" ");
    requests.push({ method, path, headers, body: rest.subarray(end + 4, bodyEnd).toString("utf8") });
    rest = rest.subarray(bodyEnd);
  }
}
