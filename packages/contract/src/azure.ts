import { z } from "zod";
import { withoutNul } from "./text.ts";

/** An Azure subscription whose AKS clusters can be imported. Its credential never leaves the server. */
export const AzureSubscription = z.object({
  /** Azure's own id of it. */
  id: z.string(),
  name: z.string(),
  tenantId: z.string(),
  status: z.enum(["healthy", "unhealthy", "unknown"]),
  clusterCount: z.number().int(),
  lastSyncedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type AzureSubscription = z.infer<typeof AzureSubscription>;

const required = withoutNul(z.string().trim().min(1, "must not be empty").max(255));
export const CreateAzureSubscriptionInput = z.strictObject({
  name: required,
  subscriptionId: required,
  tenantId: required,
  clientId: required,
  clientSecret: withoutNul(z.string().min(1, "must not be empty").max(4096)),
});
export const AzureSubscriptionKey = z.strictObject({ id: required });
