import { DomainError, type User, type UserDetail } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { readRoles } from "./role-rows.ts";

interface UserSqlRow {
  id: string;
  email: string;
  name: string;
  provider: User["provider"];
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
  role_ids: string[];
}

/** Users with their roles and what those allow, by e-mail. */
async function readDetails(sql: SqlRunner, where: Fragment): Promise<UserDetail[]> {
  const users = await sql<UserSqlRow[]>`
    select u.id, u.email, u.name, u.provider, u.enabled, u.created_at, u.updated_at,
      array(select role_id from user_roles where user_id = u.id) as role_ids
    from users u where ${where} order by lower(u.email)`;
  const roles = await readRoles(sql);
  return users.map((user) => ({
    id: user.id,
    email: user.email,
    name: user.name,
    provider: user.provider,
    enabled: user.enabled,
    createdAt: user.created_at.toISOString(),
    updatedAt: user.updated_at.toISOString(),
    roles: roles.filter(({ id }) => user.role_ids.includes(id)),
  }));
}

/** @throws DomainError NOT_FOUND */
export async function readUserDetail(sql: SqlRunner, id: string): Promise<UserDetail> {
  const [user] = await readDetails(sql, sql`u.id = ${id}`);
  if (user === undefined) throw new DomainError("NOT_FOUND", "There is no such user.");
  return user;
}

/** Every user with their roles. */
export const readUsers = async (sql: SqlRunner): Promise<User[]> =>
  (await readDetails(sql, sql`true`)).map(withoutPermissions);

/** @throws DomainError NOT_FOUND */
export const readUser = async (sql: SqlRunner, id: string): Promise<User> =>
  withoutPermissions(await readUserDetail(sql, id));

const withoutPermissions = (user: UserDetail): User => ({
  ...user,
  roles: user.roles.map(({ permissions: _, ...role }) => role),
});
