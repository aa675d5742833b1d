/** Full-jitter exponential backoff without end: every wait is random between 0 and a ceiling that doubles. */
export class Backoff {
  #attempt = 0;
  constructor(
    readonly limits: { baseMs: number; maxMs: number },
    readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait before the next attempt; at least `atLeastMs` when somebody asked for it. */
  next(atLeastMs = 0): number {
    const ceiling = Math.min(this.limits.maxMs, this.limits.baseMs * 2 ** Math.min(this.#attempt++, 20));
    return Math.max(atLeastMs, Math.round(this.random() * ceiling));
  }

  reset(): void {
    this.#attempt = 0;
  }
}

/** Resolves after a time, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
