import type { Answered } from "./answered.ts";
import type { PourOptions } from "./pour.ts";
import { socketError } from "./settled.ts";

const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * The answer as `fetch` would give it. Its body is read from the connection only as fast as somebody reads it, so that a
 * slow reader holds the sender back.
 */
export function responseOf(answered: Answered, options: PourOptions): Response {
  const { status, source } = answered;
  answered.onHeard();
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(answered.headers))
      if (!name.startsWith(":") && value !== undefined) headers.set(name, String(value));
    if (!WITHOUT_BODY.has(status)) return new Response(bodyOf(answered, options), { status, headers });
    source.resume();
    return new Response(null, { status, headers });
  } catch (error) {
    // A status or a header that is none.
    source.destroy();
    throw error;
  }
}

function bodyOf({ source, isWhole, onHeard }: Answered, { signal, idleMs }: PourOptions): ReadableStream<Uint8Array> {
  let failure: unknown;
  let wake = () => {};
  const fail = (error: unknown) => {
    failure ??= error;
    source.destroy();
    wake();
  };
  const abort = () => fail(signal?.reason);
  signal?.addEventListener("abort", abort);
  source
    .on("readable", () => wake())
    .on("end", () => wake())
    .on("error", fail)
    .on("close", () => {
      signal?.removeEventListener("abort", abort);
      wake();
    });
  const somethingComes = () =>
    new Promise<void>((resolve) => {
      const idle = idleMs === undefined ? undefined : setTimeout(() => fail(silent()), idleMs);
      wake = () => {
        clearTimeout(idle);
        resolve();
      };
    });
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          if (failure !== undefined) throw failure;
          const chunk = source.read() as Buffer | null;
          if (chunk !== null) {
            onHeard();
            return controller.enqueue(chunk);
          }
          if (source.readableEnded && isWhole()) return controller.close();
          if (source.readableEnded || source.destroyed) throw socketError("ECONNRESET");
          await somethingComes();
        }
      },
      cancel: () => void source.destroy(),
    },
    // Nothing is read before it is asked for.
    { highWaterMark: 0 },
  );
}

const silent = () => new DOMException("nothing came for too long", "TimeoutError");
