import { FleetLog, FleetLogInput, type LogLine } from "@flux-orchestrator/contract";
import { type KubeObject, logLevelOf, recordOf } from "@flux-orchestrator/flux";
import type { z } from "zod";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { OperationContext } from "../context.ts";
import { toDomainError } from "../errors.ts";
import type { GuardedObjects } from "../guarded-objects.ts";
import { operation } from "../operation.ts";
import { fairShares } from "./fair-share.ts";
import { compareTimes } from "./log-cursor.ts";
import { costOf, newestLines } from "./newest-lines.ts";
import { containersOf } from "./pod.ts";
import { LOG_FIELD_CODES, refuseFuture } from "./pod-log.ts";
import { inTurn, runFairly } from "./run-fairly.ts";

/** Pods of all clusters together. */
const PODS_MAX = 100;
/** Pods of one cluster that are looked at. */
const PAGE = 500;
/** Characters of one answer, and of one container in it. */
const COST_MAX = 4 * 1024 * 1024;
const CONTAINER_COST_MAX = 256 * 1024;
const CONTAINER_READ_MAX = 8 * 1024 * 1024;
/** Milliseconds that the pods of one cluster, one log, and the whole may take. */
const LIST_MS = 8_000;
const LOG_MS = 8_000;
const WHOLE_MS = 25_000;
const LISTS_AT_ONCE = 16;
const LOGS = { atOnce: 10, perOwner: 3 } as const;

type Line = z.infer<typeof FleetLog>["lines"][number];
type Failure = z.infer<typeof FleetLog>["failures"][number];

/** A cluster as far as its logs are read. */
interface Source {
  cluster: ClusterRecord;
  objects?: GuardedObjects;
  /** Newest first. */
  pods: KubeObject[];
  podsLeftOut: number;
  lines: Line[];
  linesLeftOut: number;
}

/**
 * The newest lines of every container of many pods on many clusters, by the time at which they were written. What one cluster
 * cannot answer does not keep the others from it: the answer says what is missing and why. Where there is too much, each cluster
 * gets its fair part.
 *
 * @throws DomainError CLUSTER_REQUIRED, CLUSTER_NOT_FOUND, TAIL, LABELS
 */
export const fleetLog = operation({
  name: "workload.logs",
  permission: "resource.read",
  scope: ({ clusters, namespace }, ctx) => Promise.all(clusters.map((key) => ctx.clusterScope(key, namespace))),
  effect: "read",
  input: FleetLogInput,
  output: FleetLog,
  invalid: { ...LOG_FIELD_CODES, clusters: "CLUSTER_REQUIRED", labelSelector: "LABELS" },
  async run(ctx, input) {
    refuseFuture(input.since, ctx.now());
    const records = await Promise.all(input.clusters.map((key) => ctx.findCluster(key)));
    const unique = new Map(records.map((cluster) => [cluster.id, cluster]));
    const sources = [...unique.values()].map(
      (cluster): Source => ({ cluster, pods: [], podsLeftOut: 0, lines: [], linesLeftOut: 0 }),
    );
    const failures: Failure[] = [];
    const deadline = AbortSignal.any([ctx.signal, AbortSignal.timeout(WHOLE_MS)]);
    const work = { ctx, input, deadline, failures };
    const lists = sources.map((source) => ({ owner: source.cluster.id, run: () => listPods(source, work) }));
    await runFairly(lists, { atOnce: LISTS_AT_ONCE, perOwner: 1 });
    const pods = inTurn(sources.map((source) => source.pods.map((pod) => ({ source, pod }))));
    for (const { source } of pods.slice(PODS_MAX)) source.podsLeftOut++;
    const logs = pods.slice(0, PODS_MAX).flatMap(({ source, pod }) =>
      regular(pod).map((container) => ({
        owner: source.cluster.id,
        run: () => readLog({ source, pod, container }, work),
      })),
    );
    await runFairly(logs, LOGS);
    // Whoever asked has gone: nobody is told a part as if it were what there is.
    ctx.signal.throwIfAborted();
    return answerOf(sources, failures);
  },
});

interface Work {
  ctx: OperationContext;
  input: z.output<typeof FleetLogInput>;
  deadline: AbortSignal;
  failures: Failure[];
}

async function listPods(source: Source, { ctx, input, deadline, failures }: Work): Promise<void> {
  try {
    source.objects = (await within(deadline, LIST_MS, () => ctx.cluster(source.cluster.id))).any;
    const { objects } = source;
    const page = await within(deadline, LIST_MS, async (signal) => {
      const [pod] = await objects.named("Pod", "");
      // Every API server has pods.
      return objects.first("resource.read", pod!, {
        ...(input.namespace === undefined ? {} : { namespace: input.namespace }),
        ...(input.labelSelector === undefined ? {} : { labelSelector: input.labelSelector }),
        pageSize: PAGE,
        signal,
      });
    });
    const age = ({ metadata }: KubeObject) => Date.parse(metadata.creationTimestamp ?? "") || 0;
    source.pods = page.objects.sort((one, other) => age(other) - age(one));
    source.podsLeftOut = page.remaining;
  } catch (error) {
    failures.push({ ...failureOf(error, source, ctx), namespace: input.namespace ?? null, pod: null, container: null });
  }
}

async function readLog(
  { source, pod, container }: { source: Source; pod: KubeObject; container: string },
  { ctx, input, deadline, failures }: Work,
): Promise<void> {
  const { name, namespace = "" } = pod.metadata;
  try {
    const { lines, dropped } = await within(deadline, LOG_MS, (signal) =>
      newestLines(
        source.objects!.podLog(
          "resource.read",
          { namespace, name },
          {
            container,
            tailLines: input.tail,
            ...(input.since === undefined ? {} : { since: input.since }),
            signal,
          },
        ),
        { costMax: CONTAINER_COST_MAX, readMax: CONTAINER_READ_MAX },
      ),
    );
    source.linesLeftOut += dropped;
    const { id: clusterId, name: clusterName } = source.cluster;
    for (const line of lines.filter(({ text }) => text !== ""))
      source.lines.push({
        ...line,
        clusterId,
        clusterName,
        namespace,
        pod: name,
        container,
        level: logLevelOf(line.text),
      });
  } catch (error) {
    if (hasNoLogYet(pod, error)) return;
    failures.push({ ...failureOf(error, source, ctx), namespace, pod: name, container });
  }
}

const regular = (pod: KubeObject): string[] =>
  containersOf(pod).flatMap(({ name, role }) => (role === "regular" ? [name] : []));

/** A pod that has not started is no failure to read it. */
const hasNoLogYet = (pod: KubeObject, error: unknown): boolean =>
  recordOf(pod.status)["phase"] === "Pending" && (error as { code?: unknown } | null)?.code === "CLUSTER_REJECTED";

function failureOf(error: unknown, { cluster }: Source, { log, requestId }: OperationContext) {
  const { code, message } = isAbort(error)
    ? { code: "CLUSTER_TIMEOUT", message: "The cluster did not answer in time." }
    : toDomainError(error, { operation: "workload.logs", requestId, log });
  return { clusterId: cluster.id, clusterName: cluster.name, code, message };
}

const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === "TimeoutError" || error.name === "AbortError");

/** Waits so long for something, whether it listens to the signal or not. */
async function within<T>(deadline: AbortSignal, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.any([deadline, AbortSignal.timeout(ms)]);
  signal.throwIfAborted();
  const over = Promise.withResolvers<never>();
  const end = () => over.reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work(signal), over.promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function answerOf(sources: readonly Source[], failures: Failure[]): FleetLog {
  const costs = sources.map(({ lines }) => lines.reduce((cost, line) => cost + costOf(line), 0));
  const shares = fairShares(costs, COST_MAX);
  const kept = sources.flatMap((source, place) => {
    const sorted = source.lines.sort(byTime);
    let cost = costs[place]!;
    let dropped = 0;
    while (cost > shares[place]!) cost -= costOf(sorted[dropped++]!);
    source.linesLeftOut += dropped;
    return sorted.slice(dropped);
  });
  const leftOut = sources
    .filter(({ podsLeftOut, linesLeftOut }) => podsLeftOut + linesLeftOut > 0)
    .map(({ cluster, podsLeftOut, linesLeftOut }) => ({
      clusterId: cluster.id,
      clusterName: cluster.name,
      pods: podsLeftOut,
      lines: linesLeftOut,
    }));
  return { lines: kept.sort(byTime), complete: failures.length === 0 && leftOut.length === 0, failures, leftOut };
}

/** Those without a time come first. */
function byTime(one: LogLine, other: LogLine): number {
  if (one.at === null || other.at === null) return Number(one.at !== null) - Number(other.at !== null);
  return compareTimes(one.at, other.at);
}
