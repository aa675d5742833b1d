import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** Bytes of an answer's headers. */
export const HEADERS_MAX = 16 * 1024;

/** One request for a stream, whichever protocol carries it. */
export interface StreamRequest {
  method: string;
  /** With the server's own prefix and the query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Until the head of the answer is there. */
  signal: AbortSignal | undefined;
}

/** What came of a request: the head of the answer, and where its body is read from. */
export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  /** Has a listener for its errors already: between two of ours nothing may be lost. */
  source: Readable;
  /** At the end of the body: whether the server ended it, or the connection did. */
  isWhole: () => boolean;
  /** Something came. */
  onHeard: () => void;
}
