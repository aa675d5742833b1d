// The operations that doors other than the router lead to, or name in a table.
export { type NestedNode, nestTree } from "@flux-orchestrator/flux";
export { cleanupActivities } from "./activity/cleanup.ts";
export { getActivity } from "./activity/get.ts";
export { listActivities } from "./activity/list.ts";
export type { Actor, Authorizer, Scope } from "./authorize.ts";
export {
  createAzureSubscription,
  discoverAzureClusters,
  getAzureSubscription,
  listAzureSubscriptions,
  removeAzureSubscription,
  syncAzureSubscription,
  testAzureSubscription,
} from "./azure/subscriptions.ts";
export { bulkReconcile, bulkResume, bulkSuspend } from "./bulk/jobs.ts";
export { previewBulk } from "./bulk/preview.ts";
export { exportCluster } from "./cluster/export.ts";
export { favoriteCluster } from "./cluster/favorite.ts";
export { fluxStats } from "./cluster/flux-stats.ts";
export { getCluster } from "./cluster/get.ts";
export { ensureInCluster } from "./cluster/in-cluster.ts";
export { labelClusters } from "./cluster/label.ts";
export { listClusters } from "./cluster/list.ts";
export { probeCluster } from "./cluster/probe.ts";
export { registerCluster } from "./cluster/register.ts";
export { removeCluster } from "./cluster/remove.ts";
export { resyncCluster } from "./cluster/resync.ts";
export { updateCluster } from "./cluster/update.ts";
export type { ApiDeps, CallContext, Caller, Logger, Through } from "./context.ts";
export * from "./create-api.ts";
export { toDomainError } from "./errors.ts";
export { cleanupIdempotencyKeys } from "./idempotency/cleanup.ts";
export { runOnce } from "./idempotency/run-once.ts";
export { cancelJob } from "./job/cancel.ts";
export { cleanupJobs } from "./job/cleanup.ts";
export { getJob } from "./job/get.ts";
export { submit } from "./job/submit.ts";
export { liveEventStream } from "./live/event-stream.ts";
export { watch } from "./live/watch.ts";
export type { LocalKubeconfigFile, LocalKubeconfigPort } from "./local-kubeconfig-port.ts";
export { type ApiMetrics, NO_METRICS, type ResyncReason } from "./metrics.ts";
export { createOAuthProvider } from "./oauth/create.ts";
export { getOAuthProvider } from "./oauth/get.ts";
export { listOAuthProviders } from "./oauth/list.ts";
export { removeOAuthProvider } from "./oauth/remove.ts";
export { testOAuthProvider } from "./oauth/test-provider.ts";
export type { TokenUrls } from "./oauth/token-urls.ts";
export { updateOAuthProvider } from "./oauth/update.ts";
export { openStream } from "./open-stream.ts";
export type { AnyDeclaration, Job, Operation, Stream } from "./operation.ts";
export { perform } from "./perform.ts";
export { createRole } from "./rbac/create-role.ts";
export { getRole } from "./rbac/get-role.ts";
export { getUser } from "./rbac/get-user.ts";
export { listPermissions } from "./rbac/list-permissions.ts";
export { listRoles } from "./rbac/list-roles.ts";
export { listUsers } from "./rbac/list-users.ts";
export { removeRole } from "./rbac/remove-role.ts";
export { removeUser } from "./rbac/remove-user.ts";
export { seedRoles } from "./rbac/seed-roles.ts";
export { setRolePermissions } from "./rbac/set-role-permissions.ts";
export { setUserRoles } from "./rbac/set-user-roles.ts";
export { updateRole } from "./rbac/update-role.ts";
export { updateUser } from "./rbac/update-user.ts";
export type { RequestContext } from "./request-context.ts";
export { listChildren } from "./resource/children.ts";
export { cleanupHistory } from "./resource/cleanup-history.ts";
export { exportResources } from "./resource/export.ts";
export { exportPage } from "./resource/export-page.ts";
export { getLiveResource } from "./resource/get-live.ts";
export { getStoredResource } from "./resource/get-stored.ts";
export type { LegacyResource } from "./resource/legacy-resource.ts";
export { listStoredResources } from "./resource/list-stored.ts";
export { reconcileResource } from "./resource/reconcile.ts";
export { resumeResource } from "./resource/resume.ts";
export { suspendResource } from "./resource/suspend.ts";
export { updateResource } from "./resource/update.ts";
export { watchResources } from "./resource/watch.ts";
export { type AppRouter, appRouter } from "./router.ts";
export { listSettings } from "./setting/list.ts";
export { numberSetting } from "./setting/number-setting.ts";
export { updateSetting } from "./setting/update.ts";
export { createToken } from "./token/create.ts";
export { listTokens } from "./token/list.ts";
export { revokeToken } from "./token/revoke.ts";
export { clusterTree } from "./tree/cluster-tree.ts";
export { objectDiff } from "./tree/object-diff.ts";
export { objectTree } from "./tree/object-tree.ts";
export { toTrpcError } from "./trpc.ts";
export { listContainers } from "./workload/containers.ts";
export { fleetLog } from "./workload/fleet-log.ts";
export { followPodLog } from "./workload/follow-pod-log.ts";
export { objectManifest } from "./workload/manifest.ts";
export { podLog } from "./workload/pod-log.ts";
export { removePod } from "./workload/remove-pod.ts";
export { restartWorkload } from "./workload/restart.ts";
export { scaleWorkload } from "./workload/scale.ts";
export { updateObject } from "./workload/update.ts";
