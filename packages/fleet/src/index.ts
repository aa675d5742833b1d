export type { FleetLog } from "./log.ts";
export * from "./metrics.ts";
export type * from "./ports.ts";
export * from "./start-fleet.ts";
