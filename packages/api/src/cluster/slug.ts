import type { SqlRunner } from "../context.ts";

const LENGTH_MAX = 63;

/** A DNS-1123 label from a name: what page addresses carry. A name without Latin letters or digits gives `cluster`. */
export function slugOf(name: string): string {
  const ascii = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = ascii
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LENGTH_MAX)
    .replace(/^-+|-+$/g, "");
  return slug === "" ? "cluster" : slug;
}

/** The first free slug for a name: `web`, `web-2`, `web-3`. A slug once given is never given to another living cluster. */
export async function freeSlug(sql: SqlRunner, name: string): Promise<string> {
  const base = slugOf(name);
  const stem = base.slice(0, LENGTH_MAX - 6).replace(/-+$/, "");
  const taken = await sql<{ slug: string }[]>`
    select slug from clusters where deleted_at is null and (slug = ${base} or slug like ${`${stem}-%`})`;
  const used = new Set(taken.map((row) => row.slug));
  if (!used.has(base)) return base;
  for (let number = 2; ; number++) {
    const candidate = `${stem}-${number}`;
    if (!used.has(candidate)) return candidate;
  }
}

/** Names that differ only by case or by compatible characters are the same name. */
export const nameKey = (name: string): string =>
  // By way of the upper case, which is where `ß` and `ss`, or `ς` and `σ`, are the same.
  name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC").replace(/\s+/g, " ").trim();
