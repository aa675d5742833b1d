import { Activity, DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { visibleClusterIds } from "../cluster/visible-clusters.ts";
import { operation } from "../operation.ts";
import { ofClusters, readActivities } from "./activity-rows.ts";

/** One activity, by the id of its intent; one of a cluster this actor may not see is not there. @throws DomainError NOT_FOUND */
export const getActivity = operation({
  name: "activity.get",
  permission: "cluster.read",
  scope: () => FLEET,
  effect: "read",
  input: z.strictObject({ id: z.string().max(50) }),
  output: Activity,
  async run(ctx, { id }) {
    const { sql } = ctx;
    const seen = ofClusters(sql, await visibleClusterIds(ctx, { removedToo: true }));
    const [activity] = /^\d{1,18}$/.test(id)
      ? await readActivities(sql, sql`i.id = ${id}::bigint and ${seen}`, { limit: 1, nowMs: ctx.now() })
      : [];
    if (activity === undefined) throw new DomainError("NOT_FOUND", "There is no such activity.");
    return activity;
  },
});
