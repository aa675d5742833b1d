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
}

/** Appends what is about to happen. Returns the id that the outcome refers to, and that REST knows the activity by. */
export async function recordIntent(sql: SqlRunner, entry: AuditEntry): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into audit_events ${sql(columns(entry, { part: "intent", message: "" }))} returning id::text as id`;
  return row!.id;
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
