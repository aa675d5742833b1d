import { DomainError } from "@flux-orchestrator/contract";

/** What operations call a field, and what REST v1 calls it. */
const V1_NAMES: Readonly<Record<string, string>> = {
  cluster: "cluster_id",
  healthCheckIntervalSeconds: "health_check_interval",
  of: "id",
  outcome: "status",
  actor: "user_id",
  roleIds: "role_ids",
  permissionIds: "permission_ids",
  clientId: "client_id",
  clientSecret: "client_secret",
  tenantId: "tenant_id",
  subscriptionId: "subscription_id",
  redirectUrl: "redirect_url",
  allowedUsers: "allowed_users",
  expiresInDays: "expires_in_days",
};

/** A refusal that starts with the name of a field, in the name under which the client sent it. */
export function inV1Words(error: DomainError): DomainError {
  const field = /^([A-Za-z]+)[:.]/.exec(error.message)?.[1];
  if (field === undefined || !Object.hasOwn(V1_NAMES, field)) return error;
  return new DomainError(error.code, V1_NAMES[field] + error.message.slice(field.length), error.options);
}
