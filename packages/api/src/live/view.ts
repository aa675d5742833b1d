import { DomainError, type Topic, type WatchInput } from "@flux-orchestrator/contract";
import type { z } from "zod";
import type { Actor } from "../authorize.ts";
import { findCluster } from "../cluster/cluster-record.ts";
import type { Sight } from "../cluster/cluster-rows.ts";
import type { SqlRunner } from "../context.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { all, isIn, NOTHING, type Predicate } from "../query/predicate.ts";
import { type Facts, toFunction } from "../query/to-function.ts";

/** What one kind of reader wants to hear and may see. Readers with the same name are told the same frames. */
export interface View {
  readonly name: string;
  readonly sight: Sight;
  /** Actor whose jobs are told; null: nobody asked for jobs. */
  readonly jobsOf: string | null;
  /** For each topic whether a row belongs to it; null when what is known of the row does not decide. */
  readonly topics: readonly ((row: Facts) => boolean | null)[];
  /** Somebody looks at one object or one cluster: told sooner than lists. */
  readonly isClose: boolean;
}

/** Rows of a topic; `name` narrows them to one object. */
interface Wanted {
  readonly rows: Predicate;
  readonly name?: string;
}

/** Clusters that topics name are looked up once; one that is not there matches nothing. */
export async function viewOf(
  sql: SqlRunner,
  { sight, actor }: { sight: Sight; actor: Actor },
  topics: z.output<typeof WatchInput>["topics"],
): Promise<View> {
  const wanted = await Promise.all(topics.map((topic) => wantedBy(sql, topic)));
  const jobsOf = topics.some(({ topic }) => topic === "jobs") ? actor.id : null;
  return {
    name: JSON.stringify([sight, wanted, jobsOf]),
    sight,
    jobsOf,
    topics: wanted.map(({ rows, name }) => {
      const belongs = toFunction(rows);
      return name === undefined ? belongs : (row) => (row.name === name ? belongs(row) : false);
    }),
    isClose: topics.some(({ topic }) => topic === "object" || topic === "cluster"),
  };
}

async function wantedBy(sql: SqlRunner, topic: Topic): Promise<Wanted> {
  if (topic.topic === "summary" || topic.topic === "jobs") return { rows: NOTHING };
  if (topic.topic === "query") return { rows: fromFilter(topic.filter, await clusterIds(sql, topic.filter)) };
  const cluster = await findCluster(sql, topic.cluster).catch(nullWhenUnknown);
  if (cluster === null) return { rows: NOTHING };
  const onCluster = isIn("clusterId", [cluster.id]);
  if (topic.topic === "cluster") return { rows: onCluster };
  return { rows: all(onCluster, isIn("kind", [topic.kind]), isIn("namespace", [topic.namespace])), name: topic.name };
}

function nullWhenUnknown(error: unknown): null {
  if (error instanceof DomainError && error.code === "CLUSTER_NOT_FOUND") return null;
  throw error;
}
