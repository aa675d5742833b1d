import type { BulkObject, BulkPreview, Job, JobDetail } from "@flux-orchestrator/contract";
import type { RequestBody } from "../request-body.ts";
import { v1Time } from "./time.ts";

/** `bulk.suspend` and the others; the rest of a job's name is its action. */
const PREFIX = "bulk.";
export const isBulk = ({ name }: Pick<Job, "name">): boolean => name.startsWith(PREFIX);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields as operations call them; what is no object is left for the schema to refuse. */
function renamed(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { cluster_id: cluster, not, ...others } = value;
  return {
    ...others,
    ...(cluster === undefined ? {} : { cluster }),
    ...(not === undefined ? {} : { not: renamed(not) }),
  };
}

const given = (name: string, value: unknown) => (value === undefined ? {} : { [name]: value });

/** `filter` or `objects`, and for a run the `token` of its preview and the `reason`. */
export function toBulkInput(body: RequestBody): object {
  const objects = body.value("objects");
  return {
    ...given("filter", renamed(body.value("filter"))),
    ...given("objects", Array.isArray(objects) ? objects.map(renamed) : objects),
    ...given("token", body.text("token")),
    ...given("reason", body.text("reason")),
  };
}

export const toV1Preview = ({ clusters, sample, skips, ...preview }: BulkPreview) => ({
  ...preview,
  clusters: clusters.map(({ id, name, act, skip }) => ({ cluster_id: id, cluster_name: name, act, skip })),
  sample: sample.map(toV1Object),
  skips: skips.map((reason) => ({ ...reason, sample: reason.sample.map(toV1Object) })),
});

const toV1Object = ({ cluster, clusterName, kind, namespace, name, word }: BulkObject) => ({
  cluster,
  cluster_name: clusterName,
  kind,
  namespace,
  name,
  readiness: word,
});

export const toV1Bulk = (job: Job) => ({
  id: job.id,
  action: job.name.slice(PREFIX.length),
  state: job.state,
  total: job.total,
  counts: job.counts,
  submitted_at: v1Time(job.submittedAt),
  ended_at: job.endedAt === null ? null : v1Time(job.endedAt),
});

export const toV1BulkDetail = ({ items, ...job }: JobDetail) => ({
  ...toV1Bulk(job),
  items: items.map(({ title, clusterId, state, code, message, hint, startedAt, endedAt }) => ({
    object: title,
    cluster_id: clusterId,
    state,
    code,
    message,
    hint,
    started_at: startedAt === null ? null : v1Time(startedAt),
    ended_at: endedAt === null ? null : v1Time(endedAt),
  })),
});
