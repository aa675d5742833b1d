import { DomainError, type GrantablePermission, type Role, type RoleSummary } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import postgres from "postgres";
import type { SqlRunner } from "../context.ts";

interface SummarySqlRow {
  id: string;
  name: string;
  description: string;
  built_in: boolean;
  created_at: Date;
  updated_at: Date;
}
interface PermissionSqlRow {
  id: string;
  resource: string;
  action: string;
  description: string;
  created_at: Date;
}

/** Every permission, by resource and action. */
export async function readPermissions(sql: SqlRunner): Promise<GrantablePermission[]> {
  return (await sql<PermissionSqlRow[]>`select * from permissions order by resource, action`).map(toPermission);
}

/** Roles with what they allow, built-in ones first. */
export async function readRoles(sql: SqlRunner, where: Fragment = sql`true`): Promise<Role[]> {
  const roles = await sql<SummarySqlRow[]>`
    select id, name, description, built_in, created_at, updated_at from roles where ${where}
    order by built_in desc, lower(name), id`;
  const held = await sql<(PermissionSqlRow & { role_id: string })[]>`
    select h.role_id, p.* from role_permissions h join permissions p on p.id = h.permission_id
    where h.role_id = any(${roles.map(({ id }) => id)}) order by p.resource, p.action`;
  return roles.map((role) => ({
    ...toRoleSummary(role),
    permissions: held.filter(({ role_id: id }) => id === role.id).map(toPermission),
  }));
}

/** @throws DomainError NOT_FOUND */
export async function readRole(sql: SqlRunner, id: string): Promise<Role> {
  const [role] = await readRoles(sql, sql`id = ${id}`);
  if (role === undefined) throw new DomainError("NOT_FOUND", "There is no such role.");
  return role;
}

/** One role that nobody else changes before this transaction ends. @throws DomainError NOT_FOUND */
export async function lockRole(sql: SqlRunner, id: string): Promise<Role> {
  await sql`select from roles where id = ${id} for update`;
  return readRole(sql, id);
}

/** Replaces what a role allows; ids that no permission has are left out. */
export async function replacePermissions(sql: SqlRunner, roleId: string, permissionIds: readonly string[]) {
  await sql`delete from role_permissions where role_id = ${roleId}`;
  await sql`
    insert into role_permissions (role_id, permission_id)
    select ${roleId}, id from permissions where id = any(${[...permissionIds]})`;
}

/** A name the database found to be another role's. @throws DomainError NAME_TAKEN */
export function takenRoleName(error: unknown): never {
  const isTaken = error instanceof postgres.PostgresError && error.constraint_name === "roles_name_key";
  throw isTaken
    ? new DomainError("NAME_TAKEN", "Another role already has this name.", {
        hint: "Names that differ only by upper and lower case count as the same. Choose another one.",
      })
    : error;
}

export const toRoleSummary = (row: SummarySqlRow): RoleSummary => ({
  id: row.id,
  name: row.name,
  description: row.description,
  builtIn: row.built_in,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

const toPermission = (row: PermissionSqlRow): GrantablePermission => ({
  id: row.id,
  resource: row.resource,
  action: row.action,
  description: row.description,
  createdAt: row.created_at.toISOString(),
});
