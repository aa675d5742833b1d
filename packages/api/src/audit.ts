import { type AuditRow, appendAudit, appendAuditWithRuns, type NewRun } from "@flux-orchestrator/db";
import type { Actor } from "./authorize.ts";
import type { SqlRunner, Through } from "./context.ts";

/** The thing an audited operation is about, as REST v1 activities name it. */
export interface AuditSubject {
  /** `cluster`, `setting`, or a Flux kind. */
  resourceType: string;
  /** Cluster id, setting key, or `<namespace>/<name>`. */
  resourceId: string;
  resourceName: string;
  clusterId: string;
  /** As the cluster is called now; kept when it is renamed. */
  clusterName: string;
}

export interface AuditEntry extends AuditSubject {
  actor: Actor;
  operation: string;
  action: string;
  through: Through;
  requestId: string;
  /** Of the request, where it runs once. */
  idempotencyKey?: string | undefined;
}

/** How an audited operation went. `unknown`: nobody can say whether it happened. */
export interface AuditEnd {
  intentId: string;
  outcome: "success" | "failed" | "unknown";
  message: string;
}

/**
 * Appends what is about to happen. Returns the ids that the outcomes refer to, and that REST knows the activities by; none for
 * one whose idempotency key is not its request's any more: another one runs it, or has run it.
 */
export const recordIntents = (sql: SqlRunner, entries: readonly AuditEntry[]): Promise<(string | undefined)[]> =>
  appendAudit(
    sql,
    entries.map((entry) => ({
      ...rowOf(entry, { part: "intent", intentId: null, outcome: null, message: "" }),
      idempotencyKey: entry.idempotencyKey ?? null,
    })),
  );

/** The same for one. @throws when the idempotency key is not this request's any more */
export async function recordIntent(sql: SqlRunner, entry: AuditEntry): Promise<string> {
  return ownedIntent((await recordIntents(sql, [entry]))[0]);
}

/** @throws when there is no intent, since the idempotency key is another request's */
export function ownedIntent(id: string | undefined): string {
  if (id === undefined) throw new Error("the idempotency key was taken over by another request");
  return id;
}

/** How an operation ended, with what stands or falls with that. */
export interface Conclusion {
  entry: AuditEntry;
  end: AuditEnd;
  /** A reconcile that was asked for, to be followed. */
  run?: Omit<NewRun, "intentId"> | undefined;
}

/** Appends how it went. */
export async function recordOutcomes(sql: SqlRunner, ended: readonly Conclusion[]): Promise<undefined> {
  const rows = ended.map(({ entry, end }) => rowOf(entry, { part: "outcome", ...end }));
  const runs = ended.flatMap(({ run, end }) => (run === undefined ? [] : { ...run, intentId: end.intentId }));
  await (runs.length > 0 ? appendAuditWithRuns(sql, rows, runs) : appendAudit(sql, rows));
}

/** The same for one. */
export const recordOutcome = (sql: SqlRunner, entry: AuditEntry, end: AuditEnd): Promise<undefined> =>
  recordOutcomes(sql, [{ entry, end }]);

/** Appends how it went for an intent of another call, of which nothing but its id is at hand. */
export async function closeIntent(sql: SqlRunner, end: AuditEnd): Promise<void> {
  await sql`
    insert into audit_events (intent_id, part, outcome, message, actor, operation, action, resource_type, resource_id,
      resource_name, cluster_id, cluster_name, through, request_id)
    select id, 'outcome', ${end.outcome}, ${end.message.slice(0, 2000)}, actor, operation, action, resource_type, resource_id,
      resource_name, cluster_id, cluster_name, through, request_id
    from audit_events where id = ${end.intentId}::bigint`;
}

const rowOf = (
  { actor, ...entry }: AuditEntry,
  part: Pick<AuditRow, "part" | "intentId" | "outcome" | "message">,
): AuditRow => ({ ...entry, actor: actor.id, idempotencyKey: null, ...part });
