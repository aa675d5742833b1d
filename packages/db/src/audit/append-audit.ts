import type { ISql } from "postgres";
import { columnArrays } from "../upsert/column-arrays.ts";

/** One half of an activity as `audit_events` keeps it. */
export interface AuditRow {
  part: "intent" | "outcome";
  /** Of an outcome: the intent it closes. */
  intentId: string | null;
  outcome: "success" | "failed" | "unknown" | null;
  message: string;
  actor: string;
  operation: string;
  action: string;
  resourceType: string;
  resourceId: string;
  resourceName: string;
  clusterId: string;
  clusterName: string;
  through: string;
  requestId: string;
  /** Of the request, where it runs once: the row is left out when the key is another request's by now. */
  idempotencyKey: string | null;
}

const MESSAGE_MAX = 2_000;
const fields = columnArrays<AuditRow>({
  part: "text",
  intentId: "bigint",
  outcome: "text",
  message: "text",
  actor: "text",
  operation: "text",
  action: "text",
  resourceType: "text",
  resourceId: "text",
  resourceName: "text",
  clusterId: "text",
  clusterName: "text",
  through: "text",
  requestId: "text",
  idempotencyKey: "text",
});
// The ids are drawn first, so that each is known to be its row's.
const WRITTEN = `
  given as materialized (
    select nextval(pg_get_serial_sequence('audit_events', 'id')) as id, w.*
    from unnest(${fields.arrays}) with ordinality as w(${fields.fields}, nth)
    where w."idempotencyKey" is null or exists (
      select from idempotency_keys k
      where k.actor = w.actor and k.key = w."idempotencyKey" and k.request_id = w."requestId" for share
    )
  ), written as (
    insert into audit_events (id, part, intent_id, outcome, message, actor, operation, action, resource_type, resource_id,
      resource_name, cluster_id, cluster_name, through, request_id) overriding system value
    select id, part, "intentId", outcome, message, actor, operation, action, "resourceType", "resourceId", "resourceName",
      "clusterId", "clusterName", through, "requestId" from given
  )`;
const APPEND = `with ${WRITTEN} select id::text as id, nth::int as nth from given`;

/** A reconcile that was asked for, and is to be followed. */
export interface NewRun {
  id: string;
  /** What is written as requestedAt. */
  token: string;
  clusterId: string;
  group: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  /** JSON of the chain with the state of each step. */
  steps: string;
  /** JSON: `{ force, reset, withSource }`. */
  options: string;
  phase: string;
  message: string;
  /** The intent it was asked for by. */
  intentId: string | null;
  actor: string;
  /** ISO 8601. */
  startedAt: string;
  deadlineAt: string;
}

const runs = columnArrays<NewRun>(
  {
    id: "uuid",
    token: "text",
    clusterId: "uuid",
    group: "text",
    kind: "text",
    namespace: "text",
    name: "text",
    uid: "text",
    steps: "text",
    options: "text",
    phase: "text",
    message: "text",
    intentId: "bigint",
    actor: "text",
    startedAt: "timestamptz",
    deadlineAt: "timestamptz",
  },
  fields.count,
);
const APPEND_WITH_RUNS = `
  with ${WRITTEN}
  insert into reconcile_runs (id, token, cluster_id, "group", kind, namespace, name, uid, steps, options, phase, message, intent_id,
    actor, started_at, deadline_at)
  select ${runs.fields} from unnest(${runs.arrays}) as run(${runs.fields})`;

/** Appends to the audit log. @returns the id of each row in its place; undefined for one that was left out */
export async function appendAudit(sql: ISql<{}>, rows: readonly AuditRow[]): Promise<(string | undefined)[]> {
  const written = await sql.unsafe<{ id: string; nth: number }[]>(APPEND, parametersOf(rows), { prepare: true });
  const ids = new Map(written.map(({ id, nth }) => [nth, id]));
  return rows.map((_, at) => ids.get(at + 1));
}

/** The same, with runs that stand or fall with it: one statement, and one commit where it is no part of a transaction. */
export async function appendAuditWithRuns(
  sql: ISql<{}>,
  rows: readonly AuditRow[],
  asked: readonly NewRun[],
): Promise<void> {
  await sql.unsafe(APPEND_WITH_RUNS, [...parametersOf(rows), ...runs.parameters(asked)], { prepare: true });
}

const parametersOf = (rows: readonly AuditRow[]): string[] =>
  fields.parameters(rows.map((row) => ({ ...row, message: row.message.slice(0, MESSAGE_MAX) })));
