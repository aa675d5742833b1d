/**
 * Everything an actor may be allowed to do. The names are those of REST v1 (`<resource>.<action>`), so that roles made
 * for it keep their meaning; `system.read` is what every known actor may do.
 */
export const PERMISSIONS = [
  "system.read",
  "cluster.read",
  "cluster.create",
  "cluster.update",
  "cluster.delete",
  "resource.read",
  "resource.reconcile",
  "resource.suspend",
  "resource.resume",
  "resource.update",
  "resource.delete",
  "setting.read",
  "setting.update",
  "user.read",
  "user.create",
  "user.update",
  "user.delete",
  "role.read",
  "role.create",
  "role.update",
  "role.delete",
  "azure.read",
  "azure.create",
  "azure.update",
  "azure.delete",
] as const;
export type Permission = (typeof PERMISSIONS)[number];
