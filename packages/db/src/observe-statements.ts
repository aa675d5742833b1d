import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type { Sql, Transaction } from "./connect.ts";
import * as schema from "./schema/index.ts";

/** What a statement does, and to which of our tables; both from closed sets. */
export interface Statement {
  operation: "select" | "insert" | "update" | "delete" | "other";
  /** `other`: none of ours is named. */
  table: string;
}

/** Told of every statement of a pool; BEGIN and COMMIT are none. */
export interface StatementObserver {
  began(): void;
  /** @param ms from being handed over, so a wait for a free connection is part of it */
  ended(statement: Statement, ms: number): void;
}

/** What postgres.js calls to run a query, and what it calls when it has. */
interface Query {
  readonly strings: readonly string[];
  handler(query: Query): unknown;
  resolve(rows: unknown): void;
  reject(error: unknown): void;
}

/** The same client, with every statement told: also those of its transactions. */
export function observeStatements<Client extends Sql | Transaction>(
  client: Client,
  observer: StatementObserver,
): Client {
  return new Proxy(client, {
    apply: (target, self, args) => observeQuery(Reflect.apply(target as never, self, args), observer),
    get(target, name) {
      const member = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (name === "unsafe") return (...args: unknown[]) => observeQuery(member(...args), observer);
      if (name !== "begin" && name !== "savepoint") return member;
      return (...args: unknown[]) =>
        member(...args.map((arg) => (typeof arg === "function" ? inTransaction(arg as never, observer) : arg)));
    },
  });
}

const inTransaction =
  (work: (tx: Transaction) => unknown, observer: StatementObserver) =>
  (tx: Transaction): unknown =>
    work(observeStatements(tx, observer));

/** Leaves what is no query as it is: a name, a list of values. A fragment of another query is never run itself. */
function observeQuery(made: unknown, observer: StatementObserver): unknown {
  if (!(made instanceof Promise)) return made;
  const query = made as unknown as Query;
  const run = query.handler;
  query.handler = (running) => {
    const startedMs = performance.now();
    observer.began();
    const ended = () => observer.ended(statementOf(running.strings), performance.now() - startedMs);
    const { resolve, reject } = running;
    running.resolve = (rows) => {
      ended();
      resolve(rows);
    };
    running.reject = (error) => {
      ended();
      reject(error);
    };
    return run(running);
  };
  return made;
}

const TABLES: ReadonlySet<string> = new Set(
  Object.values(schema).flatMap((table) => (is(table, PgTable) ? [getTableConfig(table).name] : [])),
);
const CHANGES = /\b(insert into|update|delete from)\s+"?([a-z_]+)/g;
const READS = /\b(from|join)\s+"?([a-z_]+)/g;
/** By the parts of a template, which are the same array each time it runs. */
const known = new WeakMap<readonly string[], Statement>();

function statementOf(strings: readonly string[]): Statement {
  const statement = known.get(strings) ?? parse(strings.join("?"));
  known.set(strings, statement);
  return statement;
}

function parse(text: string): Statement {
  for (const [, verb = "", table = ""] of text.matchAll(CHANGES))
    if (TABLES.has(table)) return { operation: verb.split(" ")[0] as Statement["operation"], table };
  for (const [, , table = ""] of text.matchAll(READS)) if (TABLES.has(table)) return { operation: "select", table };
  return { operation: /^\s*select\b/.test(text) ? "select" : "other", table: "other" };
}
