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

/** How long a statement may take where nothing else is said, milliseconds. */
const STATEMENT_MS = 5_000;
/** A server that has said nothing for so much longer than a statement may take is gone: it would have ended the statement. */
const SPARE_MS = 5_000;
/** How long a connection may take until it can be used. */
const CONNECT_MS = 10_000;

/** Kept by the server, milliseconds: a frozen transaction of ours may hold its locks this long at most. */
const limits = (statementMs: number) => ({
  statement_timeout: statementMs,
  lock_timeout: statementMs * 0.4,
  idle_in_transaction_session_timeout: 10_000,
});

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

export interface ClientOptions {
  max: number;
  /** The longest that one statement may take, milliseconds. */
  statementMs?: number;
  /** A server that owes an answer and has said nothing for so long is gone, milliseconds; not less than `statementMs`. */
  silentMs?: number;
  /** Told what LISTEN brings. */
  onnotify?: (channel: string, payload: string) => void;
  /** Told of each connection that is over. */
  onclose?: () => void;
}

/**
 * One postgres.js client. Every query ends: when the server does not answer in time, with the code CONNECTION_SILENT, and its
 * connection with it; when there is no server, with CONNECT_TIMEOUT or the error of the socket.
 */
export function openClient(target: DatabaseTarget, options: ClientOptions): Sql {
  const { statementMs = STATEMENT_MS, silentMs = statementMs + SPARE_MS, ...own } = options;
  const shared = {
    ...own,
    onnotice: () => {},
    backoff: reconnectSeconds,
    connect_timeout: CONNECT_MS / 1000,
    response_timeout: silentMs / 1000,
    connection: { application_name: "flux-orchestrator", ...limits(statementMs) },
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
