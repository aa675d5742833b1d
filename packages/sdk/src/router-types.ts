/** The one door to the server's types; nothing of the server is here at run time. */
export type { AppRouter } from "@flux-orchestrator/api/router";
