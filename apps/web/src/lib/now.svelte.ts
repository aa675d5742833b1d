const TICK_MS = 10_000;

/**
 * The server's clock as the page knows it. Relative times everywhere tick together, every 10 s, from one timer;
 * the offset comes from the live stream, so a wrong clock in the browser shows no wrong ages.
 */
class Now {
  #offsetMs = 0;
  /** Milliseconds since the epoch, by the server's clock. */
  ms = $state(Date.now());

  constructor() {
    if (typeof window !== "undefined") setInterval(() => this.tick(), TICK_MS);
  }
  tick(): void {
    this.ms = Date.now() + this.#offsetMs;
  }
  /** Takes over the server's time. */
  align(serverTime: string): void {
    const offsetMs = Date.parse(serverTime) - Date.now();
    // Less than a second is the wire, not the clock.
    if (Math.abs(offsetMs - this.#offsetMs) < 1000) return;
    this.#offsetMs = offsetMs;
    this.tick();
  }
}
export const now = new Now();
