import { jsonAnswer } from "./json-answer.ts";
import type { V1Route } from "./route.ts";

/** What the server knows of itself. */
export interface ServerHealth {
  /** Whether the database answers. */
  ready(): Promise<boolean>;
}

/** Probes of the server itself, public and outside of `/api/v1`. */
export function healthRoutes(health: ServerHealth): V1Route[] {
  const alive = (path: `/${string}`, word: string): V1Route => ({
    method: "GET",
    path,
    answer: async () => jsonAnswer({ status: word }),
  });
  return [
    alive("/health", "healthy"),
    alive("/healthz", "healthy"),
    alive("/liveness", "alive"),
    {
      method: "GET",
      path: "/readiness",
      async answer() {
        const ready = await health.ready().catch(() => false);
        const database = ready ? "ready" : "error: the database does not answer";
        return jsonAnswer(
          { checks: { database, k8s_client: "ready" }, status: ready ? "ready" : "not ready" },
          ready ? {} : { status: 503, headers: { "Retry-After": "2" } },
        );
      },
    },
  ];
}
