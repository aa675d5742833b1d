/** What every update of `feed_head` sets: the row says which transaction wrote it. */
export const SIGN = "xact = pg_current_xact_id()::text::bigint";

/**
 * Whether `feed_head` was written here, by an update of ours, rather than brought in by a restore: Postgres writes into a
 * tuple (`xmin`, 32 bits of the same number) which transaction really did, and no dump carries that. True of any logical
 * restore, also over the very database the dump was taken from.
 */
export const WRITTEN_HERE = "(feed_head.xact & 4294967295) is not distinct from feed_head.xmin::text::bigint";

/** The epoch of `feed_head` after an update: another one when a restore came before it. */
export const EPOCH = `case when ${WRITTEN_HERE} then feed_head.epoch else replace(gen_random_uuid()::text, '-', '') end`;
