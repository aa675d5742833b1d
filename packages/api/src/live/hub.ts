import type { LiveFrame, WatchInput } from "@flux-orchestrator/contract";
import type { z } from "zod";
import type { OperationContext } from "../context.ts";

/** One hub per process: reads the change feed once, loads what changed once, and tells every reader what concerns it. */
export interface LiveHub {
  read(ctx: OperationContext, input: z.output<typeof WatchInput>): AsyncIterable<{ id: string; frame: LiveFrame }>;
  close(): void;
}
