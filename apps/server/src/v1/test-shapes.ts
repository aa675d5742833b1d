import { expect } from "bun:test";

/** Types of fields: string, whole number, boolean, time, time or null, list, and a closed list of words. */
export type Shape = { readonly [field: string]: "s" | "n" | "b" | "t" | "t?" | "[]" | readonly string[] };

export const CLUSTER: Shape = {
  id: "s",
  name: "s",
  description: "s",
  status: ["healthy", "unhealthy", "unknown"],
  source: ["manual", "azure-aks"],
  source_id: "s",
  is_favorite: "b",
  health_check_interval: "n",
  resource_count: "n",
  created_at: "t",
  updated_at: "t",
};
export const RESOURCE: Shape = {
  id: "s",
  cluster_id: "s",
  kind: "s",
  name: "s",
  namespace: "s",
  status: ["Ready", "NotReady", "Unknown"],
  message: "s",
  last_reconcile: "t?",
  metadata: "s",
  created_at: "t",
  updated_at: "t",
};
export const ACTIVITY: Shape = {
  id: "n",
  action: "s",
  resource_type: "s",
  resource_id: "s",
  resource_name: "s",
  cluster_id: "s",
  cluster_name: "s",
  user_id: "s",
  status: ["success", "failed"],
  message: "s",
  created_at: "t",
};
export const SETTING: Shape = { key: "s", value: "s", updated_at: "t" };
export const PERMISSION: Shape = { id: "s", resource: "s", action: "s", description: "s", created_at: "t" };
export const ROLE: Shape = {
  id: "s",
  name: "s",
  description: "s",
  built_in: "b",
  created_at: "t",
  updated_at: "t",
  permissions: "[]",
};
export const USER: Shape = {
  id: "s",
  email: "s",
  name: "s",
  provider: ["github", "entra"],
  enabled: "b",
  created_at: "t",
  updated_at: "t",
  roles: "[]",
};
export const OAUTH_PROVIDER: Shape = {
  id: "s",
  name: "s",
  provider: ["github", "entra"],
  client_id: "s",
  tenant_id: "s",
  redirect_url: "s",
  scopes: "s",
  allowed_users: "s",
  enabled: "b",
  status: ["healthy", "unhealthy", "unknown"],
  created_at: "t",
  updated_at: "t",
};
export const FIGURES: Shape = { total: "n", ready: "n", notReady: "n", suspended: "n" };
export const MESSAGE: Shape = { message: "s" };
export const FAILURE: Shape = { error: "s", code: "s", hint: "s" };

/** RFC 3339 in UTC, at most 9 digits of a fraction that does not end in zero. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/;

/** Exactly these fields, in this order, each of its type. */
export function expectShape(value: unknown, shape: Shape): void {
  expect(Object.keys(value as object)).toEqual(Object.keys(shape));
  const seen = Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([field, content]) => [field, isOf(content, shape[field]!)]),
  );
  expect(seen).toEqual(Object.fromEntries(Object.keys(shape).map((field) => [field, true])));
}

function isOf(content: unknown, type: Shape[string]): boolean {
  if (typeof type !== "string") return type.includes(content as string);
  switch (type) {
    case "s":
      return typeof content === "string";
    case "n":
      return Number.isInteger(content);
    case "[]":
      return Array.isArray(content);
    case "b":
      return typeof content === "boolean";
    case "t":
      return typeof content === "string" && TIME.test(content);
    case "t?":
      return content === null || isOf(content, "t");
  }
}
