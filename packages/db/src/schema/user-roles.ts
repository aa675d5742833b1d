import { index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { roles } from "./roles.ts";
import { users } from "./users.ts";

/** Which roles a user has; gone with either. */
export const userRoles = pgTable(
  "user_roles",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    roleId: text("role_id")
      .notNull()
      .references(() => roles.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.userId, t.roleId] }), index("user_roles_role").on(t.roleId)],
);
