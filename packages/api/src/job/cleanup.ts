import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { deleteInBatches, retentionOf } from "../retention.ts";

/** A job has up to some thousand items: so many jobs stay far below the statement timeout. */
const BATCH = 50;

/** Drops jobs that ended longer ago than activities are kept. Not itself recorded, as the retention of those. */
export const cleanupJobs = operation({
  name: "job.cleanup",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.object({ removed: z.number().int() }),
  async run(ctx) {
    const { before } = await retentionOf(ctx);
    const removed = await deleteInBatches(
      BATCH,
      () =>
        ctx.pool`delete from jobs where id in (select id from jobs where ended_at < ${before} order by ended_at limit ${BATCH})`,
    );
    return { removed };
  },
});
