import { Gathered, type Sql } from "@flux-orchestrator/db";
import { type AuditEntry, type Conclusion, ownedIntent, recordIntents, recordOutcomes } from "./audit.ts";

/**
 * Records what operations do outside of the database: one commit before, one after. Those that are under way at the same
 * moment, as in a bulk action, share both. One per process.
 */
export class Ledger {
  readonly #intents: Gathered<AuditEntry, string | undefined>;
  readonly #conclusions: Gathered<Conclusion>;

  constructor(sql: Sql) {
    this.#intents = new Gathered((entries) => recordIntents(sql, entries));
    this.#conclusions = new Gathered((ended) => recordOutcomes(sql, ended));
  }

  /**
   * Resolves with the id of the intent once it is committed: from then on it may be done.
   * @throws when the idempotency key is not this request's any more
   */
  async intend(entry: AuditEntry): Promise<string> {
    return ownedIntent(await this.#intents.add(entry));
  }

  /** Resolves once the outcome and all that belongs to it is committed. */
  conclude(conclusion: Conclusion): Promise<undefined> {
    return this.#conclusions.add(conclusion);
  }
}
