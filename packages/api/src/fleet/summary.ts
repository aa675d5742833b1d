import { FleetSummary } from "@flux-orchestrator/contract";
import { type Readiness, SEVERITY } from "@flux-orchestrator/flux";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { readClusters } from "../cluster/cluster-rows.ts";
import { sightOf } from "../cluster/one-cluster.ts";
import { feedCursor } from "../live/feed-cursor.ts";
import { operation } from "../operation.ts";
import { toSql } from "../query/to-sql.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "../resource/resource-rows.ts";

const ATTENTION_MAX = 50;
/** From here on a word wants a person: what Progressing, Suspended, Static and Ready do not. */
const ATTENTION_FROM = SEVERITY.Terminating;

/** Figures of the whole fleet, its clusters, and the objects that need a look, worst first. */
export const fleetSummary = operation({
  name: "fleet.summary",
  permission: "cluster.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: FleetSummary,
  async run(ctx) {
    const { sql } = ctx;
    const cursor = await feedCursor(sql);
    const sight = await sightOf(ctx);
    const [clusters, attention] = await Promise.all([
      readClusters(sql, sight),
      sql<ResourceSqlRow[]>`
        select ${rowColumns(sql)} from ${resourcesOfClusters(sql)}
        where r.severity >= ${ATTENTION_FROM} and ${toSql(sql, sight.resources)}
        order by r.severity desc, r.id desc limit ${ATTENTION_MAX}`,
    ]);
    const counts: Partial<Record<Readiness, number>> = {};
    let staleObjectCount = 0;
    let unreconciledObjectCount = 0;
    let confirmedAt: string | null = null;
    for (const cluster of clusters) {
      if (cluster.stale) {
        staleObjectCount += cluster.objectCount;
        continue;
      }
      if (cluster.confirmedAt !== null && (confirmedAt === null || cluster.confirmedAt < confirmedAt))
        confirmedAt = cluster.confirmedAt;
      unreconciledObjectCount += cluster.unreconciledCount;
      for (const [word, count] of Object.entries(cluster.counts) as [Readiness, number][])
        counts[word] = (counts[word] ?? 0) + count;
    }
    return {
      clusters,
      counts,
      objectCount: Object.values(counts).reduce((sum, count) => sum + count, 0),
      staleObjectCount,
      unreconciledObjectCount,
      attention: attention.map(toResourceRow),
      cursor,
      confirmedAt,
    };
  },
});
