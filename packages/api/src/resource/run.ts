import { DomainError, ReconcileRun } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readRuns } from "./runs.ts";

/** How a reconcile stands or how it ended. @throws DomainError NOT_FOUND */
export const getRun = operation({
  name: "resource.run",
  permission: "resource.read",
  async scope({ id }, ctx) {
    const [run] = await readRuns(ctx.sql, ctx.sql`id = ${id}::uuid`, 1);
    return run === undefined ? FLEET : { clusterId: run.clusterId, namespace: run.namespace };
  },
  effect: "read",
  input: z.strictObject({ id: z.uuid() }),
  output: ReconcileRun,
  invalid: { id: "NOT_FOUND" },
  async run(ctx, { id }) {
    const [run] = await readRuns(ctx.sql, ctx.sql`id = ${id}::uuid`, 1);
    if (run === undefined) throw new DomainError("NOT_FOUND", "There is no such reconcile.");
    return run;
  },
});
