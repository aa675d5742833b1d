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
  run: Activity["run"];
  is_job_open: boolean;
}

/** An intent without an outcome may still be running for this long; after that nobody knows how it ended. A job takes its time. */
export const RUNNING_MS = 60_000;

/** Activities, newest first: each intent with its outcome. `i` is the intent, `o` its outcome. */
export async function readActivities(
  sql: SqlRunner,
  where: Fragment,
  page: { limit: number; nowMs: number },
): Promise<Activity[]> {
  const rows = await sql<ActivitySqlRow[]>`
    select i.id::text as id, i.at, i.actor, i.action, i.operation, i.resource_type, i.resource_id, i.resource_name,
      i.cluster_id, i.cluster_name, c.slug as cluster_slug, o.outcome, coalesce(o.message, '') as message, i.through, i.request_id,
      (select jsonb_build_object('phase', r.phase, 'outcome', r.outcome) from reconcile_runs r where r.intent_id = i.id limit 1) as run,
      j.id is not null as is_job_open
    from audit_events i
    left join audit_events o on o.intent_id = i.id and o.part = 'outcome'
    left join jobs j on j.intent_id = i.id and j.state <> 'ended'
    left join clusters c on c.id::text = i.cluster_id and c.deleted_at is null
    where i.part = 'intent' and ${where} order by i.id desc limit ${page.limit}`;
  return rows.map((row) => toActivity(row, page.nowMs));
}

/** Activities of these clusters and those that concern none; all of them for null. */
export const ofClusters = (sql: SqlRunner, ids: readonly string[] | null): Fragment =>
  ids === null ? sql`true` : sql`(i.cluster_id = '' or i.cluster_id = any(${[...ids]}))`;

function toActivity(row: ActivitySqlRow, nowMs: number): Activity {
  const open = row.is_job_open || nowMs - row.at.getTime() < RUNNING_MS ? "running" : "unknown";
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
    run: row.run,
    through: row.through,
    requestId: row.request_id,
  };
}
