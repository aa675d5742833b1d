import postgres from "postgres";
import { observeStatements, type StatementObserver } from "./observe-statements.ts";

export type Sql = postgres.Sql;
export type Transaction = postgres.TransactionSql;

/** Where a database is: a URL, or the folder of a Unix socket. */
export type DatabaseTarget = { url: string } | { socketDir: string; database: string; user: string };

/** A connected database: one pool, for hand-written statements in postgres.js' own types (Date for timestamps). */
export interface Database {
  readonly sql: Sql;
  readonly target: DatabaseTarget;
  close(): Promise<void>;
}

/** Server-side limits of every connection, milliseconds: a frozen transaction of ours may hold its locks this long at most. */
const LIMITS = { statement_timeout: 5_000, lock_timeout: 2_000, idle_in_transaction_session_timeout: 10_000 };

/** How long a connection that could not be made waits before the next attempt: it is back soon after its server is. */
export const reconnectSeconds = (attempt: number): number =>
  (0.5 + Math.random() / 2) * Math.min(3 ** attempt / 100, 2);

/** Opens the pool; connects on first use. */
export function connect(
  target: DatabaseTarget,
  options: { max?: number; observer?: StatementObserver } = {},
): Database {
  const { max = 8, observer } = options;
  const client = openClient(target, { max });
  const sql = observer === undefined ? client : observeStatements(client, observer);
  return { sql, target, close: () => sql.end({ timeout: 5 }) };
}

/** One postgres.js client. `limits: false` for migrations and LISTEN. */
export function openClient(target: DatabaseTarget, options: { max: number; limits?: boolean }): Sql {
  const shared = {
    max: options.max,
    onnotice: () => {},
    backoff: reconnectSeconds,
    connection: { application_name: "flux-orchestrator", ...(options.limits === false ? {} : LIMITS) },
  };
  if ("url" in target) return postgres(target.url, shared);
  // postgres.js does not decode `%2F` hosts: a socket needs host and path both.
  const { socketDir, database, user } = target;
  return postgres({
    ...shared,
    host: socketDir,
    path: `${socketDir}/.s.PGSQL.5432`,
    database,
    user,
  } as postgres.Options<Record<string, never>>);
}
