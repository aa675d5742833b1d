import type { OperationContext } from "../context.ts";

/** Tells the change feed that clusters changed or went, as the last thing of the change's own transaction. */
export const announceClusters = (
  ctx: Pick<OperationContext, "tell">,
  clusterIds: readonly string[],
  op: "upsert" | "delete",
): void => ctx.tell(...clusterIds.map((clusterId) => ({ subject: "cluster" as const, op, clusterId })));
