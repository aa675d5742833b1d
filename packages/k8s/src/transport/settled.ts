import type { EventEmitter } from "node:events";

/**
 * Resolves at the next event of that name with what it tells. What comes instead, an error, the end or the signal's
 * abort, rejects and destroys the emitter.
 */
export function settled<T extends unknown[]>(
  emitter: EventEmitter & { destroy(): unknown },
  event: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      emitter.off(event, succeed).off("error", fail).off("close", close);
      signal?.removeEventListener("abort", abort);
    };
    const succeed = (...told: T) => {
      finish();
      resolve(told);
    };
    const fail = (error: unknown) => {
      finish();
      // It may fail again on its way out, to nobody's surprise.
      emitter.on("error", () => {}).destroy();
      reject(error);
    };
    const close = () => fail(socketError("ECONNRESET"));
    const abort = () => fail(signal?.reason);
    emitter.on(event, succeed).on("error", fail).on("close", close);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
  });
}

/** What a connection of ours ended with, by its code. */
export const socketError = (code: string): Error => Object.assign(new Error(`the connection ended: ${code}`), { code });
