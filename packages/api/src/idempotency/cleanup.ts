import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { deleteInBatches } from "../retention.ts";

const BATCH = 1_000;

/** Drops idempotency keys whose day is over. Not itself recorded, as the retention of activities. */
export const cleanupIdempotencyKeys = operation({
  name: "idempotency.cleanup",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.object({ removed: z.number().int() }),
  async run(ctx) {
    const removed = await deleteInBatches(
      BATCH,
      () => ctx.pool`
        delete from idempotency_keys where (actor, key) in
          (select actor, key from idempotency_keys where expires_at <= now() order by expires_at limit ${BATCH})`,
    );
    return { removed };
  },
});
