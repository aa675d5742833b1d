import { LiveFrame, WatchInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { stream } from "../operation.ts";

/**
 * What changes in the fleet, as it happens: one stream carries every topic a page looks at. A client that comes back
 * with its last event id misses nothing, or is told to fetch everything again.
 */
export const watch = stream({
  name: "live.watch",
  permission: "resource.read",
  // Each is a few kilobytes; they share what is told.
  openMax: 20_000,
  scope: () => FLEET,
  input: WatchInput,
  output: LiveFrame,
  run: (ctx, input) => ctx.hub.read(ctx, input),
});
