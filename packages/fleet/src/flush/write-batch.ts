import {
  appendLog,
  appendTransitions,
  applyCountDeltas,
  type CountDelta,
  type Database,
  deleteResources,
  endedLives,
  type Fence,
  fence,
  lockRows,
  newResourceIds,
  type ResourceLogEntry,
  type StoredResource,
  type Transaction,
  writeDocuments,
  writeEdges,
  writeResources,
} from "@flux-orchestrator/db";
import { changedEdges } from "./changed-edges.ts";
import { type Judgement, judge } from "./judge.ts";
import { nameOfKey, type Pending } from "./pending.ts";

/** What became of a batch. */
export interface BatchOutcome {
  /** Objects to be looked at again, and when. */
  again: { pending: Pending; atMs: number }[];
  /** Clusters that are no longer ours: nothing was written for them. */
  lost: string[];
  written: number;
}

type Judged = { pending: Pending; stored: StoredResource | null; judgement: Judgement };

/**
 * One flush: fence, rows locked in key order, settled on what is locked, rows, documents, transitions, counters derived
 * from the locked row, and last the log. All of it or nothing; a retry repeats the whole.
 */
export async function writeBatch(
  database: Database,
  batch: readonly Pending[],
  options: { fences: readonly Fence[]; nowMs: number },
): Promise<BatchOutcome> {
  return (await database.sql.begin(async (tx) => {
    // Sent together, answered in order: what needs no answer of another statement does not wait for one.
    const [held, rows] = await Promise.all([
      fence(tx, options.fences),
      lockRows(
        tx,
        batch.map(({ key }) => key),
      ),
    ]);
    const lost = options.fences.map(({ clusterId }) => clusterId).filter((id) => !held.has(id));
    const stored = new Map(rows.map((row) => [fullName(row), row]));
    const ours = await withoutEnded(
      tx,
      batch.filter(({ key }) => held.has(key.clusterId)),
      stored,
    );
    const documents = await documentsOf(tx, ours, stored);
    const judged = ours.map((pending): Judged => {
      const row = stored.get(fullName(pending.key)) ?? null;
      return {
        pending,
        stored: row,
        judgement: judge(
          pending,
          row === null ? null : { ...row, document: documents.get(row.id) ?? null },
          options.nowMs,
        ),
      };
    });
    const written = await store(tx, judged);
    const again = judged.flatMap(({ pending, judgement }) =>
      "skip" in judgement && judgement.againAtMs !== undefined ? [{ pending, atMs: judgement.againAtMs }] : [],
    );
    return { again, lost, written };
  })) as BatchOutcome;
}

const fullName = (key: Pending["key"]): string => `${key.clusterId}/${nameOfKey(key)}`;

/** Without objects whose end is stored already: a watch that goes on from an older version tells their lives once more. */
async function withoutEnded(
  tx: Transaction,
  batch: readonly Pending[],
  stored: ReadonlyMap<string, StoredResource>,
): Promise<readonly Pending[]> {
  const lives = batch.flatMap((pending) =>
    pending.change === "seen" && pending.mayBeGone === true && !stored.has(fullName(pending.key))
      ? [{ ...pending.key, uid: pending.object.uid }]
      : [],
  );
  const ended = await endedLives(tx, lives);
  return ended.size === 0
    ? batch
    : batch.filter(
        (pending) => pending.change !== "seen" || stored.has(fullName(pending.key)) || !ended.has(pending.object.uid),
      );
}

/** Stored documents of the rows that are only looked at again. */
async function documentsOf(
  tx: Transaction,
  batch: readonly Pending[],
  stored: Map<string, StoredResource>,
): Promise<Map<string, string>> {
  const ids = batch.flatMap((pending) =>
    pending.change === "recheck" ? (stored.get(fullName(pending.key))?.id ?? []) : [],
  );
  if (ids.length === 0) return new Map();
  const rows = await tx<
    { id: string; document: string }[]
  >`select resource_id::text as id, document from flux_objects where resource_id = any(${ids}::bigint[])`;
  return new Map(rows.map(({ id, document }) => [id, document]));
}

/** Writes what was judged; also used for the sweep after a list. Returns how many rows were written or deleted. */
export async function store(tx: Transaction, judged: readonly Judged[]): Promise<number> {
  const writes = judged.flatMap(({ pending, stored, judgement }) =>
    "write" in judgement ? [{ pending, stored, ...judgement }] : [],
  );
  const removed = judged.flatMap(({ judgement }) => ("remove" in judgement ? [judgement] : []));
  if (writes.length === 0 && removed.length === 0) return 0;
  const newIds = (await newResourceIds(tx, writes.filter(({ stored }) => stored === null).length)).values();
  const written = writes.map((one) => ({ ...one, row: { ...one.write, id: one.stored?.id ?? newIds.next().value! } }));
  // Sent together, done in order.
  await Promise.all([
    writeResources(tx, {
      made: written.flatMap(({ row, stored }) => (stored === null ? row : [])),
      replaced: written.flatMap(({ row, stored }) => (stored === null ? [] : row)),
    }),
    writeDocuments(
      tx,
      written.flatMap(({ row, document }) => (document === null ? [] : [{ resourceId: row.id, document }])),
    ),
    writeEdges(tx, changedEdges(written)),
    deleteResources(
      tx,
      removed.map(({ remove }) => remove.id),
    ),
    appendTransitions(
      tx,
      [...written, ...removed].flatMap(({ transitions }) => transitions),
    ),
    applyCountDeltas(tx, [
      ...written.flatMap(({ row, stored }) =>
        stored?.word === row.word ? [] : [countOf(row, 1), ...(stored === null ? [] : [countOf(stored, -1)])],
      ),
      ...removed.map(({ remove }) => countOf(remove, -1)),
    ]),
    // Last: it takes the one row every writer waits for.
    appendLog(tx, [
      ...written.map(({ row, stored }) => entryOf(row, { oldWord: stored?.word ?? null, newWord: row.word })),
      ...removed.map(({ remove }) => entryOf(remove, { oldWord: remove.word, newWord: null })),
    ]),
  ]);
  return written.length + removed.length;
}

type Row = Pick<StoredResource, "clusterId" | "group" | "kind" | "namespace" | "name" | "word">;
const countOf = ({ clusterId, namespace, group, kind, word }: Row, delta: number): CountDelta => ({
  clusterId,
  namespace,
  group,
  kind,
  word,
  delta,
});
const entryOf = (
  { id, clusterId, kind, namespace, name }: Row & Pick<StoredResource, "id">,
  words: Pick<ResourceLogEntry, "oldWord" | "newWord">,
): ResourceLogEntry => ({
  subject: "resource",
  op: words.newWord === null ? "delete" : "upsert",
  clusterId,
  resourceId: id,
  kind,
  namespace,
  name,
  ...words,
});
