import type { Activity } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";

interface ActivitySqlRow {
  id: string;
  at: Date;
  actor: string;
  action: string;
  operation: string;
  resource_type: string;
  resource_id: string;
  resource_name: string;
  cluster_id: string;
  cluster_name: string;
  cluster_slug: string | null;
  outcome: "success" | "failed" | "unknown" | null;
  message: string;
  through: Activity["through"];
  request_id: string | null;
}

/** An intent without an outcome may still be running for this long; after that nobody knows how it ended. */
const RUNNING_MS = 60_000;

/** Activities, newest first: each intent with its outcome. `i` is the intent, `o` its outcome. */
export async function readActivities(sql: SqlRunner, where: Fragment, page: { limit: number; nowMs: number }): Promise<Activity[]> {
  const rows = await sql<ActivitySqlRow[]>`
    select i.id::text as id, i.at, i.actor, i.action, i.operation, i.resource_type, i.resource_id, i.resource_name,
      i.cluster_id, i.cluster_name, c.slug as cluster_slug, o.outcome, coalesce(o.message, '') as message, i.through, i.request_id
    from audit_events i
    left join audit_events o on o.intent_id = i.id and o.part = 'outcome'
    left join clusters c on c.id::text = i.cluster_id and c.deleted_at is null
    where i.part = 'intent' and ${where} order by i.id desc limit ${page.limit}`;
  return rows.map((row) => toActivity(row, page.nowMs));
}

function toActivity(row: ActivitySqlRow, nowMs: number): Activity {
  const open = nowMs - row.at.getTime() < RUNNING_MS ? "running" : "unknown";
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    operation: row.operation,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    resourceName: row.resource_name,
    clusterId: row.cluster_id,
    clusterName: row.cluster_name,
    clusterSlug: row.cluster_slug,
    outcome: row.outcome ?? open,
    message: row.message,
    through: row.through,
    requestId: row.request_id,
  };
}
