/** What may be wrong with a cluster until it is taken back. */
export interface FaultSettings {
  /** Requests are accepted and never answered. */
  hang?: boolean;
  /** Every request is answered with this error. */
  status?: {
    code: 401 | 429 | 500 | 503;
    retryAfterSeconds?: number /** One in so many requests; every one without it. */;
    every?: number;
  };
  /** Kinds that nobody may read or change. */
  forbidden?: readonly string[];
  /** Watches are ended after so many milliseconds. */
  watchMs?: number;
  /** Answers drip at so many bytes per second. */
  bytesPerSecond?: number;
}

/** The settings of one cluster. */
export class Faults {
  settings: FaultSettings = {};
  #asked = 0;

  /** The error this request is answered with instead. */
  statusNow(): FaultSettings["status"] {
    const { status } = this.settings;
    if (status === undefined) return undefined;
    this.#asked++;
    return this.#asked % (status.every ?? 1) === 0 ? status : undefined;
  }
}
