import type { Sql } from "./connect.ts";

/** Sets that are looked at, and dropped, at a time. */
const PAGE = 1_000;
const UNUSED = "not exists (select from flux_resources r where hashtextextended(r.labels::text, 0) = s.hash)";

/**
 * Drops the sets of labels that no object has any more. Returns how many went.
 *
 * A flush that finds its set here relies on it until it commits, and its row is not to be seen before that. So what seems
 * unused is looked at again under a lock that waits for every such flush and holds later ones back: those find the set gone
 * and insert it again. The lock is held for one page of look-ups, and not taken when nothing seems unused.
 */
export async function dropLabelSets(sql: Sql): Promise<number> {
  let dropped = 0;
  for (let from: string | null = null; ; ) {
    const page: { hash: string; unused: boolean }[] = await sql`
      select s.hash::text as hash, ${sql.unsafe(UNUSED)} as unused from label_sets s
      where ${from === null ? sql`true` : sql`s.hash > ${from}::bigint`} order by s.hash limit ${PAGE}`;
    const unused = page.flatMap(({ hash, unused }) => (unused ? [hash] : []));
    if (unused.length > 0) {
      const { count } = await sql.begin(async (tx) => {
        await tx`lock table label_sets in share row exclusive mode`;
        return await tx`delete from label_sets s where s.hash = any(${unused}::bigint[]) and ${tx.unsafe(UNUSED)}`;
      });
      dropped += count;
    }
    from = page.at(-1)?.hash ?? null;
    if (page.length < PAGE) return dropped;
  }
}
