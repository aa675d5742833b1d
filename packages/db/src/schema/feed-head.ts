import { bigint, pgTable, smallint, text, timestamp } from "drizzle-orm/pg-core";

/** One row: the last number given to the change log. Locked last in a flush, so that order of numbers is order of visibility. */
export const feedHead = pgTable("feed_head", {
  one: smallint().primaryKey().default(1),
  /** Changes when the database was restored: cursors of another epoch cannot be resumed. */
  epoch: text().notNull(),
  /** Which server, timeline and database it was last read on: elsewhere, it was restored. Null until it was first read. */
  home: text(),
  /**
   * The transaction that wrote the row as it stands. Copied back from a dump it names another one than Postgres does in `xmin`:
   * that is how a restore is noticed, see `feed/written-here.ts`.
   */
  xact: bigint({ mode: "number" }),
  number: bigint({ mode: "number" }).notNull().default(0),
  /** Entries up to this number are no longer in the log: a cursor before it cannot be resumed. */
  floor: bigint({ mode: "number" }).notNull().default(0),
  /** The partition of `change_log` that is written to. */
  slot: smallint().notNull().default(0),
  rotatedAt: timestamp("rotated_at", { withTimezone: true }).notNull().defaultNow(),
});
