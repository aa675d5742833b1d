import { activityRouter } from "./activity/router.ts";
import { bulkRouter } from "./bulk/router.ts";
import { clusterRouter } from "./cluster/router.ts";
import { fleetRouter } from "./fleet/router.ts";
import { jobRouter } from "./job/router.ts";
import { kubeconfigRouter } from "./kubeconfig/router.ts";
import { liveRouter } from "./live/router.ts";
import { oauthRouter } from "./oauth/router.ts";
import { roleRouter, userRouter } from "./rbac/router.ts";
import { resourceRouter } from "./resource/router.ts";
import { settingRouter } from "./setting/router.ts";
import { systemRouter } from "./system/router.ts";
import { tokenRouter } from "./token/router.ts";
import { treeRouter } from "./tree/router.ts";
import { router } from "./trpc.ts";
import { workloadRouter } from "./workload/router.ts";

/** Every procedure, by entity. Served at `/trpc`; the types are what the dashboard and the SDK are made from. */
export const appRouter = router({
  system: systemRouter,
  fleet: fleetRouter,
  cluster: clusterRouter,
  kubeconfig: kubeconfigRouter,
  resource: resourceRouter,
  workload: workloadRouter,
  tree: treeRouter,
  activity: activityRouter,
  job: jobRouter,
  bulk: bulkRouter,
  setting: settingRouter,
  oauth: oauthRouter,
  user: userRouter,
  role: roleRouter,
  token: tokenRouter,
  live: liveRouter,
});
export type AppRouter = typeof appRouter;
