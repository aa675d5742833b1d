import { gzipSync } from "node:zlib";

/** Bytes from which an API server compresses an answer. */
const GZIP_FROM = 128 * 1024;
const DRIP_MS = 50;

/** What both versions of HTTP answer with; their own types cannot be called through a union. */
export interface Response {
  readonly destroyed: boolean;
  readonly writableLength: number;
  on(event: "error" | "close", listener: () => void): unknown;
  once(event: "drain", listener: () => void): unknown;
  end(): unknown;
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(chunk: string | Uint8Array): boolean;
  flushHeaders?(): void;
}

/** One answer. */
export class Outgoing {
  #queued: Buffer[] = [];
  #drip: ReturnType<typeof setInterval> | undefined;
  #isEnding = false;
  /** Nothing is sent any more, and nobody is told. */
  isSilent = false;

  constructor(
    readonly response: Response,
    readonly options: { acceptsGzip: boolean; bytesPerSecond: number | undefined },
  ) {
    // A client that goes away is nothing to complain about.
    response.on("error", () => {});
  }

  /** A whole answer. */
  send(status: number, body: string, headers: Record<string, string> = {}): void {
    if (this.isSilent) return;
    const zip = this.options.acceptsGzip && body.length >= GZIP_FROM;
    const bytes = zip ? gzipSync(body, { level: 1 }) : Buffer.from(body);
    this.response.writeHead(status, {
      "content-type": "application/json",
      ...(zip ? { "content-encoding": "gzip" } : {}),
      "content-length": String(bytes.length),
      ...headers,
    });
    this.#bytes(bytes);
    this.end();
  }

  /** Begins a stream. */
  open(status: number, onClose: () => void, contentType = "application/json"): void {
    this.response.on("close", onClose);
    this.response.writeHead(status, { "content-type": contentType });
    // The headers go out now: the first event may be far away.
    this.response.flushHeaders?.();
  }

  write(text: string): void {
    if (this.isSilent || this.#isEnding) return;
    if (this.options.bytesPerSecond === undefined) this.response.write(text);
    else this.#bytes(Buffer.from(text));
  }

  end(): void {
    if (this.isSilent || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#drip === undefined) this.response.end();
  }

  /** Bytes that the client has not taken. */
  get unread(): number {
    return this.response.writableLength + this.#queued.reduce((sum, { length }) => sum + length, 0);
  }

  onceRead(then: () => void): void {
    this.response.once("drain", then);
  }

  #bytes(bytes: Buffer): void {
    const { bytesPerSecond } = this.options;
    if (bytesPerSecond === undefined) {
      this.response.write(bytes);
      return;
    }
    this.#queued.push(bytes);
    this.#drip ??= setInterval(
      () => this.#dripOnce(Math.max(1, Math.round((bytesPerSecond * DRIP_MS) / 1000))),
      DRIP_MS,
    );
  }

  #dripOnce(count: number): void {
    const waiting = Buffer.concat(this.#queued);
    this.#queued = waiting.length > count ? [waiting.subarray(count)] : [];
    if (waiting.length > 0 && !this.isSilent && !this.response.destroyed)
      this.response.write(waiting.subarray(0, count));
    if (this.#queued.length > 0 && !this.response.destroyed) return;
    clearInterval(this.#drip);
    this.#drip = undefined;
    if (this.#isEnding && !this.isSilent) this.response.end();
  }
}
