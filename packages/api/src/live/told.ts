import type { Job, ReconcileRun, ResourceRow } from "@flux-orchestrator/contract";
import type { LoggedChange } from "@flux-orchestrator/db";
import type { SqlRunner } from "../context.ts";
import { readJobs } from "../job/job-rows.ts";
import type { Facts } from "../query/to-function.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "../resource/resource-rows.ts";
import { readRuns } from "../resource/runs.ts";

/** An object that changed: what it was, and what it is now. */
export interface ToldChange {
  id: string;
  key: { clusterId: string; kind: string; namespace: string; name: string };
  /** As it was, as far as the log says; null for a new one. */
  before: Facts | null;
  /** Null when it is gone. */
  row: ResourceRow | null;
}

/** What a stretch of the change log says, read once for everybody: the last state of each thing wins. */
export interface Told {
  changes: ToldChange[];
  /** Clusters whose record or counts changed. */
  clusterIds: ReadonlySet<string>;
  removedClusterIds: ReadonlySet<string>;
  runs: { run: ReconcileRun; environment: string }[];
  jobs: { job: Job; actor: string }[];
}

export const NOTHING_TOLD: Told = {
  changes: [],
  clusterIds: new Set(),
  removedClusterIds: new Set(),
  runs: [],
  jobs: [],
};

/** Reads what changed as it stands now. Objects of clusters that are no longer registered are not told. */
export async function readTold(sql: SqlRunner, logged: readonly LoggedChange[]): Promise<Told> {
  const resources = lastById(logged.filter(({ subject }) => subject === "resource"));
  const runIds = [...new Set(logged.flatMap(({ runId }) => runId ?? []))];
  const jobIds = [...new Set(logged.flatMap(({ jobId }) => jobId ?? []))];
  const [rows, environments, runs, jobs] = await Promise.all([
    readRows(sql, [...resources.keys()]),
    readEnvironments(sql, [...new Set(logged.flatMap(({ clusterId }) => clusterId ?? []))]),
    runIds.length === 0 ? [] : readRuns(sql, sql`id = any(${runIds}::uuid[])`, runIds.length),
    jobIds.length === 0 ? [] : readJobs(sql, sql`id = any(${jobIds}::uuid[])`, jobIds.length),
  ]);
  const removed = logged.filter(({ subject, op }) => subject === "cluster" && op === "delete");
  const changed = logged.filter(({ subject, oldWord, newWord }) => subject === "cluster" || oldWord !== newWord);
  return {
    changes: [...resources.values()].flatMap((change) => toTold(change, { rows, environments })),
    clusterIds: new Set(idsOf(changed).filter((id) => environments.has(id))),
    removedClusterIds: new Set(idsOf(removed).filter((id) => !environments.has(id))),
    runs: runs.flatMap((run) => {
      const environment = environments.get(run.clusterId);
      return environment === undefined ? [] : [{ run, environment }];
    }),
    jobs,
  };
}

const idsOf = (logged: readonly LoggedChange[]): string[] => logged.flatMap(({ clusterId }) => clusterId ?? []);

/** The last change of each object, with the word it had before the first. */
function lastById(logged: readonly LoggedChange[]): Map<string, LoggedChange> {
  const byId = new Map<string, LoggedChange>();
  for (const change of logged) {
    const { resourceId } = change;
    if (resourceId === null) continue;
    byId.set(resourceId, { ...change, oldWord: byId.has(resourceId) ? byId.get(resourceId)!.oldWord : change.oldWord });
  }
  return byId;
}

function toTold(
  { op, resourceId, clusterId, kind, namespace, name, oldWord }: LoggedChange,
  { rows, environments }: { rows: Map<string, ResourceRow>; environments: Map<string, string> },
): ToldChange[] {
  const environment = clusterId === null ? undefined : environments.get(clusterId);
  const row = op === "delete" ? null : (rows.get(resourceId!) ?? null);
  // Written and gone again since: the log tells of that later.
  if (environment === undefined || (op === "upsert" && row === null)) return [];
  const key = { clusterId: clusterId!, kind: kind!, namespace: namespace!, name: name! };
  return [{ id: resourceId!, key, before: oldWord === null ? null : { ...key, environment, word: oldWord }, row }];
}

async function readRows(sql: SqlRunner, ids: readonly string[]): Promise<Map<string, ResourceRow>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<ResourceSqlRow[]>`
    select ${rowColumns(sql)} from ${resourcesOfClusters(sql)} where r.id = any(${[...ids]}::bigint[])`;
  return new Map(rows.map((row) => [row.id, toResourceRow(row)]));
}

/** Environment of each registered cluster among these. */
async function readEnvironments(sql: SqlRunner, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<{ id: string; environment: string }[]>`
    select id::text as id, environment from clusters where id = any(${[...ids]}::uuid[]) and deleted_at is null`;
  return new Map(rows.map(({ id, environment }) => [id, environment]));
}

/** Several stretches as one, in their order. */
export function mergeTold(told: readonly Told[]): Told {
  const changes = new Map<string, ToldChange>();
  for (const change of told.flatMap((one) => one.changes)) {
    const known = changes.get(change.id);
    changes.set(change.id, known === undefined ? change : { ...change, before: known.before });
  }
  const removedClusterIds = new Set(told.flatMap((one) => [...one.removedClusterIds]));
  return {
    changes: [...changes.values()],
    clusterIds: new Set(told.flatMap((one) => [...one.clusterIds]).filter((id) => !removedClusterIds.has(id))),
    removedClusterIds,
    runs: [...new Map(told.flatMap((one) => one.runs).map((one) => [one.run.id, one])).values()],
    jobs: [...new Map(told.flatMap((one) => one.jobs).map((one) => [one.job.id, one])).values()],
  };
}
