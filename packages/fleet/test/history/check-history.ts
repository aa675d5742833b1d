import { type KubeObject, type NormalisedObject, normalise, settle } from "@flux-orchestrator/flux";
import type { RecordedState } from "@flux-orchestrator/testing";
import { FLAP_MS } from "../../src/flush/judge.ts";
import { explain, type TrueState } from "./explain.ts";
import { nameOf, type StoredRow, type StoredState, type StoredTransition } from "./stored-state.ts";

/** What the product may get wrong. */
export type Rule =
  /** An object has no row. */
  | "row missing"
  /** A row is of an object that is not there. */
  | "row left over"
  /** A row says what its object never said. */
  | "row invented"
  /** What its object said since is news, and the row does not have it. */
  | "row behind"
  /** The word is not what the object's whole history settles into. */
  | "word"
  /** Counters are not what the rows say. */
  | "counters"
  /** A transition does not begin with the word the one before ended with, or changes nothing, or comes after the end. */
  | "transitions out of order"
  /** The last transition does not end with the word of the row, or with the end of the object. */
  | "transition missing"
  /** No choice of the object's true states gives these words in this order. */
  | "transition invented"
  /** The feed told a number twice or out of order, or a change from what was not. */
  | "feed wrong"
  /** Who follows the feed knows something else than the rows. */
  | "feed diverged";

export interface Violation {
  rule: Rule;
  /** Cluster id, kind, namespace and name; empty for what concerns all. */
  object: string;
  detail: string;
}

export interface Told {
  words: ReadonlyMap<string, string>;
  complaints: readonly string[];
}

/**
 * Holds what the product says against what truly happened, once nothing moves any more and everything had time to arrive.
 * What may be missing is what is documented: states that were replaced before they were stored, fields that only tick, and
 * for half a minute after a row was written conditions that move without changing its word.
 * @param truth the history of each cluster, by its id
 */
export function checkHistory(
  truth: ReadonlyMap<string, readonly RecordedState[]>,
  stored: StoredState,
  told: Told,
  options: { hmac: (value: string) => string; nowMs: number },
): Violation[] {
  const states = new Map(
    [...truth].flatMap(([clusterId, history]) => [
      ...Map.groupBy(history, ({ kind, namespace, name }) => nameOf({ clusterId, kind, namespace, name })),
    ]),
  );
  const rows = new Map(stored.rows.map((row) => [nameOf(row), row]));
  const transitions = Map.groupBy(stored.transitions, nameOf);
  const objects = new Set([...states.keys(), ...rows.keys(), ...transitions.keys()]);
  return [
    ...[...objects].flatMap((object) =>
      checkObject(states.get(object) ?? [], rows.get(object), transitions.get(object) ?? [], options).map(
        ([rule, detail]): Violation => ({ rule, object, detail }),
      ),
    ),
    ...stored.drift.map((counter): Violation => ({ rule: "counters", object: "", detail: JSON.stringify(counter) })),
    ...checkFeed(rows, told),
  ];
}

type Complaint = [rule: Rule, detail: string];

function checkObject(
  history: readonly RecordedState[],
  row: StoredRow | undefined,
  transitions: readonly StoredTransition[],
  options: { hmac: (value: string) => string; nowMs: number },
): Complaint[] {
  // Objects of one name that followed each other have histories of their own.
  const lives = Map.groupBy(history, ({ uid }) => uid);
  const last = history.at(-1);
  const living = last === undefined || last.type === "DELETED" ? undefined : last.uid;
  const complaints: Complaint[] = [];
  if (row === undefined && living !== undefined) complaints.push(["row missing", `uid ${living}`]);
  if (row !== undefined && row.uid !== living) complaints.push(["row left over", `uid ${row.uid}, ${row.word}`]);
  const uids = [...history, ...transitions, ...(row === undefined ? [] : [row])].map(({ uid }) => uid);
  for (const uid of new Set(uids)) {
    const own = row?.uid === uid ? row : undefined;
    const told = transitions.filter((transition) => transition.uid === uid);
    complaints.push(
      ...checkOrder(told, own?.word ?? null),
      ...checkLife(lives.get(uid) ?? [], { ...options, row: own, told }),
    );
  }
  return complaints;
}

/** What the transitions of one object say by themselves. */
function checkOrder(told: readonly StoredTransition[], word: string | null): Complaint[] {
  let before: string | null = null;
  const complaints: Complaint[] = [];
  for (const [at, { fromWord, toWord }] of told.entries()) {
    if (fromWord !== before || fromWord === toWord || (at > 0 && before === null))
      complaints.push(["transitions out of order", `${fromWord} → ${toWord} where it was ${before}`]);
    before = toWord;
  }
  if (before !== word) complaints.push(["transition missing", `the last one says ${before}, the row ${word}`]);
  return complaints;
}

/** One object from its creation to its end, or to now. */
function checkLife(
  life: readonly RecordedState[],
  {
    row,
    told,
    hmac,
    nowMs,
  }: {
    row: StoredRow | undefined;
    told: readonly StoredTransition[];
    hmac: (value: string) => string;
    nowMs: number;
  },
): Complaint[] {
  const seen = life.filter(({ type }) => type !== "DELETED").map((state) => seenAs(state, hmac));
  const complaints: Complaint[] = [];
  const held = row && seen.find(({ resourceVersion }) => resourceVersion === row.resourceVersion);
  if (row !== undefined) {
    const last = seen.at(-1);
    const wrong = held === undefined ? ["resourceVersion"] : differences(row, held.normal);
    if (wrong.length > 0) complaints.push(["row invented", `version ${row.resourceVersion}: ${wrong.join(", ")}`]);
    else if (last !== undefined && isBehind(row, last.normal, nowMs))
      complaints.push(["row behind", `at version ${row.resourceVersion} of ${last.resourceVersion}`]);
    const word = seen.reduce<ReturnType<typeof settle> | null>(
      (settled, { object, at }) => settle(settled?.memory ?? null, object, at),
      null,
    );
    const now = last && settle(word?.memory ?? null, last.object, nowMs).word;
    if (now !== undefined && now !== row.word) complaints.push(["word", `${row.word} instead of ${now}`]);
  }
  // The end of an object needs no reason; and a row that was never true is no witness.
  const words = told.filter(({ toWord }) => toWord !== null);
  const explanation = explain(seen, words, { heldVersion: held?.resourceVersion, nowMs });
  if (!explanation.isWhole) {
    const { fromWord, toWord, reason, message } = words[explanation.told] ?? words.at(-1) ?? NOTHING_TOLD;
    complaints.push([
      "transition invented",
      `after ${explanation.told} true ones: ${fromWord} → ${toWord} ${reason} ${message}`,
    ]);
  }
  return complaints;
}

/** States never change, and a fleet is held against its history again and again. */
const known = new WeakMap<RecordedState, Seen>();
type Seen = TrueState & { normal: NormalisedObject };

function seenAs(state: RecordedState, hmac: (value: string) => string): Seen {
  const before = known.get(state);
  if (before !== undefined) return before;
  const normal = normalise(state.object() as unknown as KubeObject, { hmac });
  const { resourceVersion, at } = state;
  const seen = { resourceVersion, at, normal, object: normal.object, revision: normal.revision };
  known.set(state, seen);
  return seen;
}

const NOTHING_TOLD = { fromWord: null, toWord: null, reason: null, message: "nothing was told" };

const differences = (row: StoredRow, truth: NormalisedObject): string[] =>
  (["uid", "readyStatus", "revision", "fingerprint", "flapFingerprint", "document"] as const).filter(
    (field) => row[field] !== truth[field],
  );

/** Conditions that move alone may wait for their half minute, and a little for their turn. */
const TURN_MS = 5_000;
const isBehind = (row: StoredRow, truth: NormalisedObject, nowMs: number): boolean =>
  row.fingerprint !== truth.fingerprint ||
  (row.flapFingerprint !== truth.flapFingerprint && nowMs - row.updatedAt.getTime() > FLAP_MS + TURN_MS);

function checkFeed(rows: ReadonlyMap<string, StoredRow>, { words, complaints }: Told): Violation[] {
  const wrong = complaints.map((detail): Violation => ({ rule: "feed wrong", object: "", detail }));
  const diverged = [...new Set([...rows.keys(), ...words.keys()])].flatMap((object): Violation[] => {
    const [word, known] = [rows.get(object)?.word, words.get(object)];
    return word === known
      ? []
      : [{ rule: "feed diverged", object, detail: `told ${known ?? "nothing"}, stored ${word ?? "nothing"}` }];
  });
  return [...wrong, ...diverged];
}
