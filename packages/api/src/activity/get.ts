import { Activity, DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readActivities } from "./activity-rows.ts";

/** One activity, by the id of its intent. @throws DomainError NOT_FOUND */
export const getActivity = operation({
  name: "activity.get",
  permission: "cluster.read",
  scope: () => FLEET,
  effect: "read",
  input: z.strictObject({ id: z.string().max(50) }),
  output: Activity,
  async run(ctx, { id }) {
    const known = /^\d{1,18}$/.test(id);
    const [activity] = known ? await readActivities(ctx.sql, ctx.sql`i.id = ${id}::bigint`, { limit: 1, nowMs: ctx.now() }) : [];
    if (activity === undefined) throw new DomainError("NOT_FOUND", "There is no such activity.");
    return activity;
  },
});
