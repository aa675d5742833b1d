const MINUTES_DEFAULT = 5;

/** When each cluster is listed again. */
export class ResyncSchedule {
  readonly #due = new Map<string, number>();
  #intervalMs = MINUTES_DEFAULT * 60_000;

  constructor(
    readonly options: {
      intervalMinutes: () => Promise<number>;
      /** Milliseconds since the epoch. */
      now: () => number;
    },
  ) {}

  /**
   * Takes the interval as it is set now, for the clusters there are now: none is listed later than an interval from now, and
   * a new one after half an interval to a whole, so that they spread over it. An interval that cannot be read is five minutes.
   */
  async follow(clusterIds: Iterable<string>): Promise<void> {
    const { intervalMinutes, now } = this.options;
    this.#intervalMs = (await intervalMinutes().catch(() => MINUTES_DEFAULT)) * 60_000;
    const before = new Map(this.#due);
    this.#due.clear();
    for (const id of clusterIds) {
      const at = before.get(id) ?? now() + this.#intervalMs * (0.5 + Math.random() / 2);
      this.#due.set(id, Math.min(at, now() + this.#intervalMs));
    }
  }

  /** Whether a cluster's time has come. */
  isDue(clusterId: string): boolean {
    const at = this.#due.get(clusterId);
    return at !== undefined && at <= this.options.now();
  }

  /** It is being listed: the next time is an interval from now. */
  begun(clusterId: string): void {
    this.#due.set(clusterId, this.options.now() + this.#intervalMs);
  }
}
