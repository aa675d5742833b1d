import { errorOfFetch, KubeError } from "../kube-error.ts";
import type { Answered } from "./answered.ts";
import { socketError } from "./settled.ts";

/** Takes one piece of a body. While the promise it returns is pending, nothing more is read. */
export type TakePiece = (piece: Uint8Array) => Promise<void> | void;

/** Reason of the error of a stream from which nothing came for too long. */
export const SILENT = "Silent";

export interface PourOptions {
  signal: AbortSignal | undefined;
  /** Milliseconds without a byte, the taker's own time not counted; none: for ever. */
  idleMs: number | undefined;
}

/**
 * Hands a body on piece by piece, in order, only as fast as it is taken. Resolves at its end. A fleet has tens of
 * thousands of these open, which is why there is no web stream in between.
 *
 * @throws KubeError; the signal's reason; whatever the taker throws, as it is. What was begun to be taken is taken first.
 */
export function pour(answered: Answered, options: PourOptions, take: TakePiece): Promise<void> {
  // Not the whole answer, whose headers nobody needs any more.
  const { source, isWhole, onHeard } = answered;
  const { signal, idleMs } = options;
  return new Promise((resolve, reject) => {
    let taking: Promise<void> | undefined;
    let isOver = false;
    const end = (isFailed: boolean, error?: unknown) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(idle);
      signal?.removeEventListener("abort", abort);
      if (isFailed) source.destroy();
      const tell = () => (isFailed ? reject(error) : resolve());
      if (taking === undefined) tell();
      else taking.then(tell, reject);
    };
    const breakOff = (error: unknown) => end(true, errorOfFetch(error, signal));
    const abort = () => end(true, signal?.reason);
    const giveUp = () => {
      if (taking === undefined)
        end(
          true,
          new KubeError("CLUSTER_TIMEOUT", "Nothing came from the API server for too long.", { reason: SILENT }),
        );
      else idle?.refresh();
    };
    const idle = idleMs === undefined ? undefined : setTimeout(giveUp, idleMs);
    const goOn = () => {
      taking = undefined;
      idle?.refresh();
      source.resume();
    };
    onHeard();
    signal?.addEventListener("abort", abort);
    source
      .on("data", (piece: Uint8Array) => {
        if (isOver) return;
        onHeard();
        idle?.refresh();
        try {
          const pending = take(piece);
          if (pending === undefined) return;
          source.pause();
          taking = pending;
          pending.then(goOn, (error: unknown) => end(true, error));
        } catch (error) {
          end(true, error);
        }
      })
      .on("end", () => (isWhole() ? end(false) : breakOff(socketError("ECONNRESET"))))
      .on("error", breakOff)
      .on("close", () => breakOff(socketError("ECONNRESET")));
    if (signal?.aborted === true) abort();
    // It ended before anybody could listen.
    else if (source.destroyed) breakOff(source.errored ?? socketError("ECONNRESET"));
  });
}
