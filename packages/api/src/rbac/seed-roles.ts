import type { Sql } from "@flux-orchestrator/db";
import type { Permission } from "../permission.ts";

/** What roles can hold, in words; `system.read` is what every known actor may do, and no role's to give. */
const DESCRIPTIONS: Record<Exclude<Permission, "system.read">, string> = {
  "cluster.read": "See clusters and activities",
  "cluster.create": "Register clusters",
  "cluster.update": "Change clusters",
  "cluster.delete": "Remove clusters",
  "resource.read": "See Flux objects",
  "resource.reconcile": "Reconcile Flux objects",
  "resource.suspend": "Suspend Flux objects",
  "resource.resume": "Resume Flux objects",
  "resource.update": "Change objects",
  "resource.delete": "Delete objects",
  "setting.read": "See settings and login providers",
  "setting.update": "Change settings and login providers, and drop old activities",
  "user.read": "See users",
  "user.create": "Create users",
  "user.update": "Change users and their roles",
  "user.delete": "Delete users",
  "role.read": "See roles",
  "role.create": "Create roles",
  "role.update": "Change roles",
  "role.delete": "Delete roles",
  "azure.read": "See Azure subscriptions",
  "azure.create": "Add Azure subscriptions",
  "azure.update": "Change Azure subscriptions",
  "azure.delete": "Delete Azure subscriptions",
};

/** The role that can do everything, always. */
export const ADMIN = "admin";

/** Roles that come with the product, and what of each permission they hold when it is new. */
const BUILT_IN: { id: string; name: string; description: string; holds: (permission: string) => boolean }[] = [
  { id: ADMIN, name: "Administrator", description: "May do everything", holds: () => true },
  {
    id: "operator",
    name: "Operator",
    description: "Works with clusters and objects; manages neither users nor settings",
    holds: (permission) => /^(cluster|resource|azure)\./.test(permission) || permission === "setting.read",
  },
  {
    id: "viewer",
    name: "Viewer",
    description: "Sees everything, changes nothing",
    holds: (permission) => permission.endsWith(".read"),
  },
];

/**
 * Makes the permissions and the built-in roles that are not there yet. A permission that is new is given to the built-in
 * roles it belongs to, once: what people made of these roles since stays.
 */
export async function seedRoles(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    const roles = BUILT_IN.map(({ id, name, description }) => ({ id, name, description, built_in: true }));
    await tx`insert into roles ${tx(roles)} on conflict do nothing`;
    const permissions = Object.entries(DESCRIPTIONS).map(([id, description]) => {
      const [resource, action] = id.split(".") as [string, string];
      return { id, resource, action, description };
    });
    // Of two servers that start at once, the second waits here and then finds nothing new.
    const added = await tx<{ id: string }[]>`
      insert into permissions ${tx(permissions)} on conflict do nothing returning id`;
    const held = BUILT_IN.flatMap(({ id, holds }) =>
      added
        .filter((permission) => holds(permission.id))
        .map((permission) => ({ role_id: id, permission_id: permission.id })),
    );
    if (held.length > 0) await tx`insert into role_permissions ${tx(held)} on conflict do nothing`;
  });
}
