import type { ReconcileRun } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";

interface RunSqlRow {
  id: string;
  token: string;
  cluster_id: string;
  kind: string;
  namespace: string;
  name: string;
  phase: ReconcileRun["phase"];
  outcome: ReconcileRun["outcome"];
  message: string;
  steps: string;
  started_at: Date;
  ended_at: Date | null;
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
  const rows = await sql<RunSqlRow[]>`
    select id::text as id, token, cluster_id::text as cluster_id, kind, namespace, name, phase, outcome, message, steps, started_at, ended_at
    from reconcile_runs where ${where} order by started_at desc, id limit ${limit}`;
  return rows.map((row) => ({
    id: row.id,
    token: row.token,
    clusterId: row.cluster_id,
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
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }));
}
