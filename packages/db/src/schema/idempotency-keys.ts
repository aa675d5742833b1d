import { index, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** A request sent with an `Idempotency-Key`: its repeats get the answer that is kept here, for a day. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    actor: text().notNull(),
    /** Chosen by the client; of one actor. */
    key: text().notNull(),
    /** Keyed fingerprint of method, path, query and body. What was sent is not kept: it may hold a credential. */
    fingerprint: text().notNull(),
    /** The request that runs it, or ran it: any other may record no intent under this key. */
    requestId: text("request_id").notNull(),
    claimedAt: timestamp("claimed_at", { withTimezone: true }).notNull().defaultNow(),
    /** Moved on by the process that runs it; without an answer after this, it was interrupted. */
    aliveUntil: timestamp("alive_until", { withTimezone: true }).notNull(),
    /** Of the answer, null until there is one: HTTP status, headers by name, and the body as it was sent. */
    status: integer(),
    headers: jsonb().$type<Record<string, string>>(),
    body: text(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.actor, t.key] }), index("idempotency_keys_expires").on(t.expiresAt)],
);
