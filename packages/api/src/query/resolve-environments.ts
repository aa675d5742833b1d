import type { SqlRunner } from "../context.ts";
import { isIn, type Predicate } from "./predicate.ts";

/**
 * The same predicate with the clusters of each environment in its place: of them the planner knows how many rows they have.
 * One query, and none when no environment is spoken of.
 */
export async function resolveEnvironments(sql: SqlRunner, predicate: Predicate): Promise<Predicate> {
  const environments = environmentsOf(predicate);
  if (environments.length === 0) return predicate;
  const rows = await sql<{ id: string; environment: string }[]>`
    select id::text as id, environment from clusters where environment = any(${environments}) and deleted_at is null`;
  const idsOf = Map.groupBy(rows, ({ environment }) => environment);
  const resolved = (part: Predicate): Predicate => {
    if ("all" in part) return { all: part.all.map(resolved) };
    if ("any" in part) return { any: part.any.map(resolved) };
    if ("not" in part) return { not: resolved(part.not) };
    if (!("column" in part) || part.column !== "environment") return part;
    return isIn(
      "clusterId",
      part.in.flatMap((environment) => (idsOf.get(environment) ?? []).map(({ id }) => id)),
    );
  };
  return resolved(predicate);
}

function environmentsOf(predicate: Predicate): string[] {
  if ("all" in predicate) return predicate.all.flatMap(environmentsOf);
  if ("any" in predicate) return predicate.any.flatMap(environmentsOf);
  if ("not" in predicate) return environmentsOf(predicate.not);
  return "column" in predicate && predicate.column === "environment" ? [...predicate.in] : [];
}
