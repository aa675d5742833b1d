import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { numberSetting } from "../setting/number-setting.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows at a time: each statement stays far below the statement timeout. */
const BATCH = 5_000;

/** Drops transitions and ended reconciles that are older than activities are kept. Not itself recorded, as those. */
export const cleanupHistory = operation({
  name: "resource.cleanupHistory",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.object({ transitions: z.number().int(), runs: z.number().int() }),
  async run(ctx) {
    const days = await numberSetting(ctx.sql, "audit_log_retention_days");
    const before = new Date(ctx.now() - days * DAY_MS);
    const { pool } = ctx;
    return {
      transitions: await inBatches(
        () =>
          pool`delete from resource_transitions where id in (select id from resource_transitions where at < ${before} limit ${BATCH})`,
      ),
      runs: await inBatches(
        () =>
          pool`delete from reconcile_runs where id in (select id from reconcile_runs where ended_at < ${before} limit ${BATCH})`,
      ),
    };
  },
});

/** Repeats a bounded delete until it finds less than a batch. Returns how many rows went. */
async function inBatches(remove: () => Promise<{ count: number }>): Promise<number> {
  for (let removed = 0; ; ) {
    const { count } = await remove();
    removed += count;
    if (count < BATCH) return removed;
  }
}
