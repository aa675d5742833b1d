import type { Transaction } from "../connect.ts";

/**
 * Ids for objects without a row, decimal strings. Known before anything is written, they let one flush send all its
 * statements at once. Those that are not used are lost, as with any sequence.
 */
export async function newResourceIds(tx: Transaction, count: number): Promise<string[]> {
  if (count === 0) return [];
  const [row] = await tx.unsafe<{ ids: string }[]>(
    "select string_agg(nextval('flux_resources_id_seq')::text, ',') as ids from generate_series(1, $1::int)",
    [count],
    { prepare: true },
  );
  return row!.ids.split(",");
}
