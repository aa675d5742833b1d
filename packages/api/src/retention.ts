import type { OperationContext } from "./context.ts";
import { numberSetting } from "./setting/number-setting.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long activities, and what goes with them, are kept: the setting in days, and the moment before which they go. */
export async function retentionOf(ctx: OperationContext): Promise<{ days: number; before: Date }> {
  const days = await numberSetting(ctx.sql, "audit_log_retention_days");
  return { days, before: new Date(ctx.now() - days * DAY_MS) };
}

/** Repeats a delete of at most `batch` rows until it finds fewer. Returns how many rows went. */
export async function deleteInBatches(batch: number, remove: () => Promise<{ count: number }>): Promise<number> {
  for (let removed = 0; ; ) {
    const { count } = await remove();
    removed += count;
    if (count < batch) return removed;
  }
}
