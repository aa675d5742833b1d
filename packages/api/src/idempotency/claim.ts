/** A key, and the request that asks for it. */
export interface Claim {
  readonly actor: string;
  /** Chosen by the client; of one actor. */
  readonly key: string;
  /** Keyed fingerprint of what was sent. */
  readonly fingerprint: string;
  readonly requestId: string;
}
