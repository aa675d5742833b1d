import { JOB_ITEM_STATES, type Job, type JobItem, type JobItemState } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";

interface JobSqlRow {
  id: string;
  name: string;
  actor: string;
  state: "waiting" | "running" | "ended";
  is_cancelled: boolean;
  submitted_at: Date;
  ended_at: Date | null;
  counts: Partial<Record<JobItemState, number>>;
}

/** Jobs as they stand, newest first, each with who submitted it. */
export async function readJobs(sql: SqlRunner, where: Fragment, limit: number): Promise<{ job: Job; actor: string }[]> {
  const rows = await sql<JobSqlRow[]>`
    select id::text as id, name, actor, state, cancel_requested_at is not null as is_cancelled, submitted_at, ended_at,
      (select coalesce(jsonb_object_agg(i.state, i.items), '{}') from (
        select state, count(*)::int as items from job_items where job_id = jobs.id group by state) i) as counts
    from jobs where ${where} order by submitted_at desc, id limit ${limit}`;
  return rows.map((row) => ({ job: toJob(row), actor: row.actor }));
}

function toJob(row: JobSqlRow): Job {
  const counts = Object.fromEntries(JOB_ITEM_STATES.map((state) => [state, row.counts[state] ?? 0])) as Job["counts"];
  return {
    id: row.id,
    name: row.name,
    state: row.is_cancelled && row.state !== "ended" ? "cancelling" : row.state,
    total: Object.values(counts).reduce((sum, items) => sum + items, 0),
    counts,
    submittedAt: row.submitted_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

interface ItemSqlRow {
  position: number;
  title: string;
  cluster_id: string | null;
  state: JobItemState;
  code: JobItem["code"];
  message: string;
  hint: string | null;
  started_at: Date | null;
  ended_at: Date | null;
}

/** The items of one job, in their order. */
export async function readItems(sql: SqlRunner, jobId: string): Promise<JobItem[]> {
  const rows = await sql<ItemSqlRow[]>`
    select position, title, cluster_id::text as cluster_id, state, code, message, hint, started_at, ended_at
    from job_items where job_id = ${jobId}::uuid order by position`;
  return rows.map(({ cluster_id, started_at, ended_at, ...item }) => ({
    ...item,
    clusterId: cluster_id,
    startedAt: started_at?.toISOString() ?? null,
    endedAt: ended_at?.toISOString() ?? null,
  }));
}
