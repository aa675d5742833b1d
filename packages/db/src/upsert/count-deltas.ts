import type { Transaction } from "../connect.ts";
import { columnArrays } from "./column-arrays.ts";

/** How a counter moves. Derive it from the locked old row and the new one, never from what the process remembers. */
export interface CountDelta {
  clusterId: string;
  namespace: string;
  group: string;
  kind: string;
  word: string;
  /** +1 for a row that now has the word, -1 for one that no longer has it. */
  delta: number;
}

const columns = columnArrays<CountDelta>({
  clusterId: "uuid",
  namespace: "text",
  group: "text",
  kind: "text",
  word: "text",
  delta: "integer",
});
const FROM = `from unnest(${columns.arrays}) as r(${columns.fields})`;
const COUNTS = `
  insert into resource_counts as c (cluster_id, namespace, "group", kind, word, count)
  select "clusterId", "namespace", "group", "kind", "word", sum("delta") ${FROM}
  group by 1, 2, 3, 4, 5 having sum("delta") <> 0 order by 1, 2, 3, 4, 5
  on conflict (cluster_id, namespace, "group", kind, word) do update set count = c.count + excluded.count`;
const BY_KIND = `
  insert into cluster_kind_counts as c (cluster_id, kind, word, count)
  select "clusterId", "kind", "word", sum("delta") ${FROM}
  group by 1, 2, 3 having sum("delta") <> 0 order by 1, 2, 3
  on conflict (cluster_id, kind, word) do update set count = c.count + excluded.count`;
const BY_CLUSTER = `
  insert into cluster_counts as c (cluster_id, word, count)
  select "clusterId", "word", sum("delta") ${FROM}
  group by 1, 2 having sum("delta") <> 0 order by 1, 2
  on conflict (cluster_id, word) do update set count = c.count + excluded.count`;

/**
 * Moves the counters and their roll-ups, in key order. Counters that come to 0 stay as rows until the next recount:
 * readers ask for `count > 0`.
 */
export async function applyCountDeltas(tx: Transaction, deltas: readonly CountDelta[]): Promise<void> {
  if (deltas.length === 0) return;
  const parameters = columns.parameters(summed(deltas));
  await Promise.all(
    [COUNTS, BY_KIND, BY_CLUSTER].map((statement) => tx.unsafe(statement, [...parameters], { prepare: true })),
  );
}

/** One delta a counter: a flush of a list moves few of them, each often. */
function summed(deltas: readonly CountDelta[]): CountDelta[] {
  const counters = new Map<string, CountDelta>();
  for (const delta of deltas) {
    const { clusterId, namespace, group, kind, word } = delta;
    const counter = `${clusterId}\n${namespace}\n${group}\n${kind}\n${word}`;
    const known = counters.get(counter);
    if (known === undefined) counters.set(counter, { ...delta });
    else known.delta += delta.delta;
  }
  return [...counters.values()];
}
