import type { AzureSubscription } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

/** An Azure subscription as REST v1 gives it. */
export const toV1AzureSubscription = (subscription: AzureSubscription) => ({
  id: subscription.id,
  name: subscription.name,
  tenant_id: subscription.tenantId,
  status: subscription.status,
  cluster_count: subscription.clusterCount,
  last_synced_at: subscription.lastSyncedAt === null ? null : v1Time(subscription.lastSyncedAt),
  created_at: v1Time(subscription.createdAt),
  updated_at: v1Time(subscription.updatedAt),
});
