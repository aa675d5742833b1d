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

/**
 * Appends what is about to happen. Returns the id that the outcome refers to, and that REST knows the activity by.
 * @throws when the idempotency key is not this request's any more: another one runs it, or has run it
 */
export async function recordIntent(sql: SqlRunner, entry: AuditEntry): Promise<string> {
  const { actor, idempotencyKey, requestId } = entry;
  const intent = columns(entry, { part: "intent", message: "" });
  const [row] =
    idempotencyKey === undefined
      ? await sql<{ id: string }[]>`insert into audit_events ${sql(intent)} returning id::text as id`
      : await sql<{ id: string }[]>`
          insert into audit_events (${sql(Object.keys(intent))})
          select ${sql(Object.keys(intent))} from jsonb_populate_record(null::audit_events, ${sql.json(intent)})
          where exists (
            select 1 from idempotency_keys
            where actor = ${actor.id} and key = ${idempotencyKey} and request_id = ${requestId} for share
          ) returning id::text as id`;
  if (row === undefined) throw new Error("the idempotency key was taken over by another request");
  return row.id;
}

/** Appends how it went. `unknown`: nobody can say whether it happened. */
export async function recordOutcome(
  sql: SqlRunner,
  entry: AuditEntry,
  end: { intentId: string; outcome: "success" | "failed" | "unknown"; message: string },
): Promise<void> {
  const row = {
    ...columns(entry, { part: "outcome", message: end.message }),
    intent_id: end.intentId,
    outcome: end.outcome,
  };
  await sql`insert into audit_events ${sql(row)}`;
}

/** Appends how it went for an intent of another call, of which nothing but its id is at hand. */
export async function closeIntent(
  sql: SqlRunner,
  end: { intentId: string; outcome: "success" | "failed" | "unknown"; message: string },
): Promise<void> {
  await sql`
    insert into audit_events (intent_id, part, outcome, message, actor, operation, action, resource_type, resource_id,
      resource_name, cluster_id, cluster_name, through, request_id)
    select id, 'outcome', ${end.outcome}, ${end.message.slice(0, 2000)}, actor, operation, action, resource_type, resource_id,
      resource_name, cluster_id, cluster_name, through, request_id
    from audit_events where id = ${end.intentId}::bigint`;
}

function columns(entry: AuditEntry, part: { part: "intent" | "outcome"; message: string }) {
  return {
    part: part.part,
    message: part.message.slice(0, 2000),
    actor: entry.actor.id,
    operation: entry.operation,
    action: entry.action,
    resource_type: entry.resourceType,
    resource_id: entry.resourceId,
    resource_name: entry.resourceName,
    cluster_id: entry.clusterId,
    cluster_name: entry.clusterName,
    through: entry.through,
    request_id: entry.requestId,
  };
}
