import { ActivityPage, ActivityQuery, DomainError } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import { FLEET } from "../authorize.ts";
import { visibleClusterIds } from "../cluster/visible-clusters.ts";
import { operation } from "../operation.ts";
import { ofClusters, RUNNING_MS, readActivities } from "./activity-rows.ts";

/**
 * What was done, newest first, to clusters this actor may see. `cluster` takes an id or a slug, also of a cluster that is
 * no longer registered.
 * @throws DomainError CURSOR
 */
export const listActivities = operation({
  name: "activity.list",
  permission: "cluster.read",
  // Also when a cluster is named: one this actor may not see has as few activities as one there never was.
  scope: () => FLEET,
  effect: "read",
  input: ActivityQuery,
  output: ActivityPage,
  invalid: { cursor: "CURSOR" },
  async run(ctx, query) {
    const { sql } = ctx;
    const terms: Fragment[] = [ofClusters(sql, await visibleClusterIds(ctx, { removedToo: true }))];
    if (query.cluster !== undefined) {
      const key = query.cluster.replaceAll("\0", "");
      terms.push(
        sql`(i.cluster_id = ${key} or i.cluster_id in (select id::text from clusters where slug = ${key} and deleted_at is null))`,
      );
    }
    if (query.kind !== undefined) terms.push(sql`i.resource_type = ${query.kind}`);
    if (query.namespace !== undefined) terms.push(sql`split_part(i.resource_id, '/', 1) = ${query.namespace}`);
    if (query.name !== undefined) terms.push(sql`i.resource_name = ${query.name}`);
    if (query.action !== undefined && query.action.length > 0) terms.push(sql`i.action = any(${query.action})`);
    if (query.outcome === "success") terms.push(sql`o.outcome = 'success'`);
    // Also what nobody can know any more: without an outcome, too long ago, and of no job that is under way.
    if (query.outcome === "failed")
      terms.push(sql`(o.outcome in ('failed', 'unknown')
        or o.id is null and j.id is null and i.at <= ${new Date(ctx.now() - RUNNING_MS)})`);
    if (query.actor !== undefined) terms.push(sql`i.actor = ${query.actor}`);
    if (query.since !== undefined) terms.push(sql`i.at >= ${query.since}::timestamptz`);
    if (query.until !== undefined) terms.push(sql`i.at < ${query.until}::timestamptz`);
    if (query.cursor !== undefined) {
      if (!/^\d{1,18}$/.test(query.cursor))
        throw new DomainError("CURSOR", "This page cursor does not belong to this list.");
      terms.push(sql`i.id < ${query.cursor}::bigint`);
    }
    const where = terms.reduce((so, term) => sql`${so} and ${term}`, sql`true`);
    const found = await readActivities(sql, where, { limit: query.limit + 1, nowMs: ctx.now() });
    const activities = found.slice(0, query.limit);
    return { activities, nextCursor: found.length > query.limit ? (activities.at(-1)?.id ?? null) : null };
  },
});
