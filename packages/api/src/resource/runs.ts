import type { ReconcileRun } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";

interface RunRow {
  id: string;
  token: string;
  clusterId: string;
  kind: string;
  namespace: string;
  name: string;
  phase: ReconcileRun["phase"];
  outcome: ReconcileRun["outcome"];
  message: string;
  /** JSON of `StoredStep[]`. */
  steps: string;
  startedAt: Date;
  endedAt: Date | null;
}

/** One step of a chain as `reconcile_runs.steps` keeps it. */
export interface StoredStep {
  group: string;
  kind: string;
  namespace: string;
  name: string;
  state: ReconcileRun["steps"][number]["state"];
}

/** Reconciles that were asked for, newest first. */
export async function readRuns(sql: SqlRunner, where: Fragment, limit: number): Promise<ReconcileRun[]> {
  const rows = await sql<RunRow[]>`
    select id::text as id, token, cluster_id::text as "clusterId", kind, namespace, name, phase, outcome, message, steps,
      started_at as "startedAt", ended_at as "endedAt"
    from reconcile_runs where ${where} order by started_at desc, id limit ${limit}`;
  return rows.map(runOfRow);
}

/** An object that was, or was not, asked with a token. */
export interface Request {
  clusterId: string;
  kind: string;
  namespace: string;
  name: string;
  token: string;
}

/** The runs of these requests, each in its place; undefined where nothing is known of it. */
export async function runsOf(sql: SqlRunner, requests: readonly Request[]): Promise<(ReconcileRun | undefined)[]> {
  const column = (of: (request: Request) => string) => requests.map(of);
  const found = await readRuns(
    sql,
    sql`(cluster_id, kind, namespace, name, token) in (
      select * from unnest(${column(({ clusterId }) => clusterId)}::uuid[], ${column(({ kind }) => kind)}::text[],
        ${column(({ namespace }) => namespace)}::text[], ${column(({ name }) => name)}::text[], ${column(({ token }) => token)}::text[]))`,
    requests.length,
  );
  const known = new Map(found.map((run) => [requestOf(run), run]));
  return requests.map((request) => known.get(requestOf(request)));
}

const requestOf = ({ clusterId, kind, namespace, name, token }: Request): string =>
  [clusterId, kind, namespace, name, token].join("/");

/** A reconcile as it is told. */
export const runOfRow = (row: RunRow): ReconcileRun => ({
  id: row.id,
  token: row.token,
  clusterId: row.clusterId,
  kind: row.kind,
  namespace: row.namespace,
  name: row.name,
  phase: row.phase,
  outcome: row.outcome,
  message: row.message,
  steps: (JSON.parse(row.steps) as StoredStep[]).map(({ kind, namespace, name, state }) => ({
    kind,
    namespace,
    name,
    state,
  })),
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});
