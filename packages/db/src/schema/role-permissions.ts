import { index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { permissions } from "./permissions.ts";
import { roles } from "./roles.ts";

/** Which permissions a role holds; gone with either. */
export const rolePermissions = pgTable(
  "role_permissions",
  {
    roleId: text("role_id")
      .notNull()
      .references(() => roles.id, { onDelete: "cascade" }),
    permissionId: text("permission_id")
      .notNull()
      .references(() => permissions.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.roleId, t.permissionId] }), index("role_permissions_permission").on(t.permissionId)],
);
