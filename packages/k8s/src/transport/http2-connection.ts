import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { type Answered, HEADERS_MAX, type StreamRequest } from "./answered.ts";
import { settled, socketError } from "./settled.ts";

export interface Http2Options {
  /**
   * Milliseconds between two looks at a connection. One that said nothing since the last is asked by a PING, one that has
   * not answered by the next is ended, and so is one that nobody uses.
   */
  lookEveryMs: number;
  onHeard: () => void;
  onClosed: () => void;
}

/** One connection that carries many streams. */
export class Http2Connection {
  #streams = 0;
  #isHeard = true;
  #isAsked = false;
  #isLeaving = false;

  /** Resolves when the server has said how many streams it allows. */
  static async over(
    socket: TLSSocket,
    server: string,
    signal: AbortSignal,
    options: Http2Options,
  ): Promise<Http2Connection> {
    const session = connect(server, {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: HEADERS_MAX },
    });
    // What goes wrong later is told to each of its streams.
    session.on("error", () => {});
    await settled(session, "remoteSettings", signal);
    return new Http2Connection(session, options);
  }

  private constructor(
    readonly session: ClientHttp2Session,
    readonly options: Http2Options,
  ) {
    const looking = setInterval(() => this.#look(), options.lookEveryMs);
    looking.unref();
    // Its streams go on; only no new ones.
    session.on("goaway", () => {
      this.#isLeaving = true;
    });
    session.on("close", () => {
      clearInterval(looking);
      options.onClosed();
    });
  }

  /** Whether the server allows one more stream. */
  get hasRoom(): boolean {
    const { closed, destroyed, remoteSettings } = this.session;
    if (this.#isLeaving || closed || destroyed) return false;
    return this.#streams < (remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
  }

  async request({ method, path, headers, body, signal }: StreamRequest): Promise<Answered> {
    signal?.throwIfAborted();
    const stream = this.session.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: body === undefined },
    );
    this.#streams++;
    stream.on("close", this.#leave);
    if (body !== undefined) stream.end(body);
    const [head] = await settled<[Head]>(stream, "response", signal);
    return answeredBy(stream, head, this.#hear);
  }

  /** Ends it and every stream of it. */
  destroy(error: Error): void {
    this.session.destroy(error);
  }

  readonly #leave = (): void => {
    this.#streams--;
  };

  readonly #hear = (): void => {
    this.#isHeard = true;
    this.options.onHeard();
  };

  #look(): void {
    if (this.#isAsked) this.destroy(socketError("ETIMEDOUT"));
    else if (this.#streams === 0) this.session.close();
    else if (!this.#isHeard) {
      this.#isAsked = true;
      this.session.ping((error) => {
        if (error !== null) return;
        this.#isAsked = false;
        this.#hear();
      });
    }
    this.#isHeard = false;
  }
}

type Head = IncomingHttpHeaders & { ":status"?: number };

/** A function of its own: what it closes over lives as long as the stream, and the request need not. */
function answeredBy(source: ClientHttp2Stream, headers: Head, onHeard: () => void): Answered {
  source.on("error", ignore);
  const isWhole = () => source.rstCode === constants.NGHTTP2_NO_ERROR;
  return { status: headers[":status"] ?? 0, headers, source, isWhole, onHeard };
}

/** Each error is told to the stream's reader. */
const ignore = (): void => {};
