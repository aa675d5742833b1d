import { DomainError } from "@flux-orchestrator/contract";
import type { SqlRunner } from "../context.ts";
import { ADMIN } from "./seed-roles.ts";

/**
 * Makes a change of users, unless nobody were left who may do everything where somebody was. Such changes wait for one
 * another, so that two of them cannot each count on the other's administrator.
 * @throws DomainError LAST_ADMIN
 */
export async function keepAnAdmin<T>(sql: SqlRunner, change: () => Promise<T>): Promise<T> {
  await sql`select from roles where id = ${ADMIN} for update`;
  const before = await countAdmins(sql);
  const changed = await change();
  if (before === 0 || (await countAdmins(sql)) > 0) return changed;
  throw new DomainError("LAST_ADMIN", "Nobody would be left who may do everything.", {
    hint: "Give another enabled user the role Administrator first.",
  });
}

async function countAdmins(sql: SqlRunner): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from users u join user_roles r on r.user_id = u.id
    where u.enabled and r.role_id = ${ADMIN}`;
  return row?.count ?? 0;
}
