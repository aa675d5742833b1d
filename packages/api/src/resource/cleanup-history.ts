import { dropLabelSets, dropTransitions, openTransitionWeeks } from "@flux-orchestrator/db";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { deleteInBatches, retentionOf } from "../retention.ts";
import { dropEvents } from "./drop-events.ts";

/** Rows at a time: each statement stays far below the statement timeout. */
const BATCH = 5_000;

/**
 * Drops transitions, ended reconciles and events that are older than activities are kept, and sets of labels that no object
 * has any more. Not itself recorded, as those.
 */
export const cleanupHistory = operation({
  name: "resource.cleanupHistory",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.object({
    transitions: z.number().int(),
    runs: z.number().int(),
    events: z.number().int(),
    labelSets: z.number().int(),
  }),
  async run(ctx) {
    const { before } = await retentionOf(ctx);
    const { pool } = ctx;
    await openTransitionWeeks(pool, ctx.now());
    return {
      transitions: await dropTransitions(pool, before),
      runs: await deleteInBatches(
        BATCH,
        () =>
          pool`delete from reconcile_runs where id in (select id from reconcile_runs where ended_at < ${before} limit ${BATCH})`,
      ),
      events: await dropEvents(pool, before),
      labelSets: await dropLabelSets(pool),
    };
  },
});
