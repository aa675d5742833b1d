import { pathOf } from "./discovery.ts";
import type { ObjectPlace } from "./flux-client.ts";
import { errorOfFetch, errorOfResponse } from "./kube-error.ts";
import type { Transport } from "./transport.ts";

const POD = { group: "", version: "v1", plural: "pods", namespaced: true };
/** Bytes of one line; the rest of a longer one is left out. */
const LINE_MAX = 64 * 1024;
/** Milliseconds without a byte after which a log that is not followed is given up. */
const IDLE_MS = 10_000;
/** Ends a line that was cut. */
export const CUT_MARK = "…";

export interface PodLogOptions {
  container: string;
  /** Of the run before the last restart. */
  previous?: boolean;
  /** RFC 3339: only what was written since. */
  since?: string;
  /** The newest lines of what there is. */
  tailLines?: number;
  /** Stays open and tells what is written from now on. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** A line as the container wrote it; when, by its node's clock (RFC 3339, nanoseconds). */
export interface PodLogLine {
  at: string | null;
  text: string;
}

/**
 * The log of a container, oldest line first, in the pieces in which it comes: an empty one as soon as the API server has
 * answered. Read only as fast as the caller takes it.
 *
 * @throws KubeError OBJECT_NOT_FOUND; CLUSTER_REJECTED for a container that has no log (yet), …
 */
export async function* podLog(
  transport: Transport,
  at: ObjectPlace,
  { container, previous, since, tailLines, follow, signal }: PodLogOptions,
): AsyncGenerator<PodLogLine[]> {
  const query = new URLSearchParams({
    ...{ container, timestamps: "true" },
    ...(previous === true ? { previous: "true" } : {}),
    ...(since === undefined ? {} : { sinceTime: since }),
    ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
    ...(follow === true ? { follow: "true" } : {}),
  });
  const response = await transport.stream(`${pathOf(POD, at)}/log?${query}`, {
    ...(follow === true ? {} : { timeoutMs: IDLE_MS }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await errorOfResponse(response);
  yield [];
  const lines = new LogLines();
  try {
    for await (const piece of response.body ?? []) {
      const complete = lines.add(piece);
      if (complete.length > 0) yield complete;
    }
  } catch (error) {
    throw errorOfFetch(error, signal);
  }
  const last = lines.end();
  if (last.length > 0) yield last;
}

/** Cuts a log into lines, whatever pieces it comes in; of a line that is too long the beginning is kept. */
class LogLines {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  add(piece: Uint8Array): PodLogLine[] {
    const lines: PodLogLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      this.#keep(piece.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return lines;
  }

  end(): PodLogLine[] {
    return this.#bytes === 0 ? [] : [this.#take()];
  }

  #keep(part: Uint8Array): void {
    const room = LINE_MAX - this.#bytes;
    if (part.length > 0 && room > 0) this.#parts.push(part.subarray(0, room));
    this.#bytes += part.length;
  }

  #take(): PodLogLine {
    const line = Buffer.concat(this.#parts).toString("utf8") + (this.#bytes > LINE_MAX ? CUT_MARK : "");
    this.#parts = [];
    this.#bytes = 0;
    const [stamp, at] = STAMP.exec(line) ?? [];
    return stamp === undefined ? { at: null, text: line } : { at: at!, text: line.slice(stamp.length) };
  }
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ?/;
