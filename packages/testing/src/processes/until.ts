/**
 * Polls the outside world until a question has an answer, and returns it.
 *
 * @param what names the condition in the error: "until /readyz is ok"
 * @throws after `deadlineMs` with the last failure as its cause
 */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  deadlineMs = 120_000,
): Promise<Answer> {
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      if (error instanceof GaveUpError) throw error;
      cause = error;
    }
    if (performance.now() > end) {
      const last = cause === undefined ? "" : `; last: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new Error(`waited ${deadlineMs / 1000} s in vain until ${what}${last}`, { cause });
    }
    await Bun.sleep(50);
  }
}

/** Thrown by a question of `until` when no later answer can be different. */
export class GaveUpError extends Error {
  override name = "GaveUpError";
}
