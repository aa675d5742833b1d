export type { LiveFrame, Topic } from "@flux-orchestrator/contract";
export type { CallOptions } from "./call.ts";
export type { ClientOptions, Fetch } from "./client-options.ts";
export { createClient, type FluxOrchestratorClient } from "./create-client.ts";
export * from "./errors.ts";
export type { AppRouter } from "./router-types.ts";
export type { WatchEvent, WatchFrame, WatchOptions } from "./watch.ts";
