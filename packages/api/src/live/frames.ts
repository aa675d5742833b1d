import type { LiveFrame, ResourceChange } from "@flux-orchestrator/contract";
import { readClusters } from "../cluster/cluster-rows.ts";
import type { SqlRunner } from "../context.ts";
import { toFunction } from "../query/to-function.ts";
import type { Told, ToldChange } from "./told.ts";
import type { View } from "./view.ts";

/** More changes than this at once are cheaper fetched again as a list. */
export const CHANGES_MAX = 200;

/** What a view is told of a stretch of the log: what it asked for, of what its readers may see. */
export async function framesOf(sql: SqlRunner, view: View, told: Told): Promise<LiveFrame[]> {
  return [
    ...changeFrames(view, told),
    ...(await clusterFrames(sql, view, told)),
    ...runFrames(view, told),
    ...jobFrames(view, told),
  ];
}

function changeFrames(view: View, told: Told): LiveFrame[] {
  const maySee = toFunction(view.sight.resources);
  const visible = told.changes.filter((change) => maySee(change.row ?? change.before ?? change.key) === true);
  const matched = visible.map((change) => ({ change, topics: topicsOf(view, change) }));
  const topics = [...new Set(matched.flatMap((one) => one.topics))].sort((one, other) => one - other);
  if (topics.length === 0) return [];
  const changes = matched.filter((one) => one.topics.length > 0).map(({ change }) => toResourceChange(change));
  return changes.length > CHANGES_MAX ? [{ type: "refetch", topics }] : [{ type: "changes", topics, changes }];
}

/** Topics to which an object belongs or belonged. What cannot be decided (a message that is not known) is told. */
function topicsOf(view: View, { row, before, key }: ToldChange): number[] {
  const states = [row, before].filter((state) => state !== null);
  const known = states.length > 0 ? states : [key];
  return view.topics.flatMap((belongs, index) => (known.some((state) => belongs(state) !== false) ? [index] : []));
}

const toResourceChange = ({ id, key, row }: ToldChange): ResourceChange => ({
  op: row === null ? "delete" : "upsert",
  id,
  ...key,
  row,
});

async function clusterFrames(sql: SqlRunner, view: View, told: Told): Promise<LiveFrame[]> {
  const clusters = told.clusterIds.size === 0 ? [] : await readClusters(sql, view.sight, [...told.clusterIds]);
  const mayKnow = toFunction(view.sight.clusters);
  const removed = [...told.removedClusterIds].filter((clusterId) => mayKnow({ clusterId }) !== false);
  return [
    ...clusters.map((cluster): LiveFrame => ({ type: "cluster", clusterId: cluster.id, cluster })),
    ...removed.map((clusterId): LiveFrame => ({ type: "cluster", clusterId, cluster: null })),
  ];
}

function runFrames(view: View, told: Told): LiveFrame[] {
  const maySee = toFunction(view.sight.resources);
  return told.runs
    .filter(({ run, environment }) => {
      const { clusterId, kind, namespace, name } = run;
      return maySee({ clusterId, kind, namespace, name, environment }) === true;
    })
    .map(({ run }) => ({ type: "run", run }));
}

/** Whose they are sees them; their frames name no cluster. */
const jobFrames = (view: View, told: Told): LiveFrame[] =>
  told.jobs.filter(({ actor }) => actor === view.jobsOf).map(({ job }) => ({ type: "job", job }));
