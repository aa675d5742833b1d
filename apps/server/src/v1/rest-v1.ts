import { Elysia } from "elysia";
import { activityRoutes } from "./activities.ts";
import { authRoutes } from "./auth.ts";
import { azureRoutes } from "./azure.ts";
import { bulkRoutes } from "./bulk.ts";
import { clusterRoutes } from "./clusters.ts";
import { exportRoutes } from "./export.ts";
import { fluxRoutes } from "./flux.ts";
import { healthRoutes, type ServerHealth } from "./health.ts";
import { logRoutes } from "./logs.ts";
import { oauthRoutes } from "./oauth.ts";
import { rbacRoutes } from "./rbac.ts";
import { type RestDeps, registerRoutes } from "./register-routes.ts";
import { resourceRoutes } from "./resources.ts";
import type { V1Route } from "./route.ts";
import { settingRoutes } from "./settings.ts";
import { tokenRoutes } from "./tokens.ts";
import { treeRoutes } from "./tree.ts";
import { registerUnknownPaths } from "./unknown-paths.ts";
import { watchRoutes } from "./watch.ts";
import { workloadRoutes } from "./workloads.ts";

/** Every route under `/api/v1`. */
export const V1_ROUTES: readonly V1Route[] = [
  ...clusterRoutes,
  ...exportRoutes,
  ...resourceRoutes,
  ...watchRoutes,
  ...fluxRoutes,
  ...treeRoutes,
  ...bulkRoutes,
  ...workloadRoutes,
  ...logRoutes,
  ...settingRoutes,
  ...rbacRoutes,
  ...tokenRoutes,
  ...oauthRoutes,
  ...azureRoutes,
  ...authRoutes,
  ...activityRoutes,
];

/** REST `/api/v1` and the probes of the server itself: docs/rest.md. */
export function restV1(deps: RestDeps & { health: ServerHealth }): Elysia {
  const app = new Elysia({ name: "rest-v1" });
  registerRoutes(app, deps, [...V1_ROUTES, ...healthRoutes(deps.health)]);
  registerUnknownPaths(app, deps, V1_ROUTES);
  return app;
}
