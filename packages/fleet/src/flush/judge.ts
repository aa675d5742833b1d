import type { ResourceWrite, StoredResource, TransitionWrite } from "@flux-orchestrator/db";
import {
  classify,
  type KubeObject,
  memoryOf,
  type NormalisedObject,
  OVERDUE,
  runTimesOf,
  type Settled,
  settle,
  severityOf,
  storedMemory,
} from "@flux-orchestrator/flux";
import type { Pending } from "./pending.ts";

/** Conditions that move without changing the word are stored this often for each object, milliseconds. */
export const FLAP_MS = 30_000;

/** What one object's change makes of its row. */
export type Judgement =
  | { write: ResourceWrite; document: string | null; transitions: TransitionWrite[] }
  | { remove: StoredResource; transitions: TransitionWrite[] }
  /** Nothing to store now; at `againAtMs` it has to be looked at once more. */
  | { skip: true; againAtMs?: number };

/**
 * Settles one change on its locked row. Pure: row, document, change and time decide.
 * @param stored null for an object without a row; `document` is its stored one, needed for a recheck only
 */
export function judge(
  pending: Pending,
  stored: (StoredResource & { document?: string | null }) | null,
  nowMs: number,
): Judgement {
  switch (pending.change) {
    case "gone":
      return stored === null || (pending.uid !== null && pending.uid !== stored.uid)
        ? { skip: true }
        : { remove: stored, transitions: [farewell(stored, nowMs)] };
    case "recheck":
      return stored === null || stored.document == null
        ? { skip: true }
        : recheck(stored, JSON.parse(stored.document) as KubeObject, { nowMs, overdueAtMs: pending.overdueAtMs });
    case "seen":
      return seen(pending.object, pending.key.clusterId, stored, nowMs);
  }
}

/** The end of an object's history. */
export function farewell(stored: StoredResource, nowMs: number): TransitionWrite {
  const { clusterId, group, kind, namespace, name, uid, word } = stored;
  return {
    clusterId,
    group,
    kind,
    namespace,
    name,
    uid,
    fromWord: word,
    toWord: null,
    reason: null,
    message: "",
    revision: stored.revision,
    at: iso(nowMs),
  };
}

function seen(object: NormalisedObject, clusterId: string, stored: StoredResource | null, nowMs: number): Judgement {
  const overdueAtMs = runTimesOf(object.object)?.overdue ?? undefined;
  const settled = settle(memoryOfRow(stored), object.object, nowMs, overdueAtMs);
  const sameWord = stored !== null && stored.uid === object.uid && stored.word === settled.word;
  const change = classify(stored, object);
  if (sameWord && (change === "same" || change === "heartbeat") && stored.subState === settled.subState)
    return { skip: true };
  // That its runs stopped or came back is news, whatever the conditions do.
  const sameRuns = (stored?.subState === OVERDUE) === (settled.subState === OVERDUE);
  const flap = sameWord && change !== "news" && sameRuns;
  if (flap) {
    const againAtMs = Date.parse(stored.updatedAt) + FLAP_MS;
    // Once the stored conditions would be judged by the clock, they must be the latest.
    const isDue = stored.recheckAt !== null && Date.parse(stored.recheckAt) <= nowMs;
    if (nowMs < againAtMs && !isDue) return { skip: true, againAtMs };
  }
  const write = rowOf(object, clusterId, { settled, stored, nowMs });
  return { write, document: object.document, transitions: sameWord ? [] : transitionsOf(write, stored, nowMs) };
}

/** @param overdueAtMs as the watch last heard; the stored document lacks the runs that were no news */
function recheck(
  stored: StoredResource,
  object: KubeObject,
  { nowMs, overdueAtMs }: { nowMs: number; overdueAtMs: number | undefined },
): Judgement {
  const stands = stored.subState === OVERDUE ? nowMs : undefined;
  const settled = settle(memoryOfRow(stored), object, nowMs, overdueAtMs ?? stands);
  const sameWord = stored.word === settled.word;
  const write: ResourceWrite = {
    ...withoutId(stored),
    ...settledColumns(settled),
    recheckAt: isoOrNull(settled.recheckAtMs),
  };
  write.settleMemory = storedMemory(settled.memory, write);
  if (!sameWord || stored.subState !== settled.subState)
    Object.assign(write, { changedAt: iso(nowMs), updatedAt: iso(nowMs) });
  return { write, document: null, transitions: sameWord ? [] : transitionsOf(write, stored, nowMs) };
}

const memoryOfRow = (stored: StoredResource | null) => (stored === null ? null : memoryOf(stored, stored.settleMemory));

function withoutId(stored: StoredResource): ResourceWrite {
  const { id: _id, document: _document, ...row } = stored as StoredResource & { document?: unknown };
  return row;
}

const settledColumns = ({ word, subState, reason, message, memory }: Settled) => ({
  word,
  subState,
  severity: severityOf(word, subState),
  since: memory.since,
  reason,
  message,
});

function rowOf(
  object: NormalisedObject,
  clusterId: string,
  { settled, stored, nowMs }: { settled: Settled; stored: StoredResource | null; nowMs: number },
): ResourceWrite {
  const row: ResourceWrite = {
    clusterId,
    ...object.key,
    uid: object.uid,
    apiVersion: object.apiVersion,
    resourceVersion: object.resourceVersion,
    generation: object.generation,
    observedGeneration: object.observedGeneration,
    ...settledColumns(settled),
    settleMemory: "",
    recheckAt: isoOrNull(settled.recheckAtMs),
    readyStatus: object.readyStatus,
    revision: object.revision,
    attemptedRevision: object.attemptedRevision,
    suspended: object.suspended,
    suspendedBy: object.suspendedBy,
    suspendReason: object.suspendReason,
    sourceRef: object.sourceRef,
    dependsOn: object.dependsOn,
    inventoryCount: object.inventoryCount,
    intervalSeconds:
      object.intervalSeconds === null ? null : Math.min(Math.round(object.intervalSeconds), 2_147_483_647),
    lastHandledReconcileAt: object.lastHandledReconcileAt,
    readyTransitionAt: object.readyTransitionAt,
    lastRunAt: object.lastRunAt,
    nextRunAt: object.nextRunAt,
    labels: object.labels,
    fingerprint: object.fingerprint,
    flapFingerprint: object.flapFingerprint,
    edgesFingerprint: object.edgesFingerprint,
    listGeneration: stored?.listGeneration ?? 0,
    createdAt: object.createdAt,
    changedAt: iso(nowMs),
    updatedAt: iso(nowMs),
  };
  row.settleMemory = storedMemory(settled.memory, row);
  if (stored !== null && SHOWN.every((column) => stored[column] === row[column])) row.changedAt = stored.changedAt;
  return row;
}

/** What a list shows of an object: the columns whose change moves it to the top of "last changed". */
const SHOWN = [
  "uid",
  "word",
  "subState",
  "reason",
  "message",
  "revision",
  "suspended",
  "suspendedBy",
] as const satisfies readonly (keyof ResourceWrite)[];

function transitionsOf(row: ResourceWrite, stored: StoredResource | null, nowMs: number): TransitionWrite[] {
  const { clusterId, group, kind, namespace, name, uid, word, reason, message, revision, since } = row;
  const key = { clusterId, group, kind, namespace, name };
  // Another uid is another object: one history ends, and a new one begins.
  const isOther = stored !== null && stored.uid !== uid;
  const fromWord = stored === null || isOther ? null : stored.word;
  const next = { ...key, uid, fromWord, toWord: word, reason, message, revision, at: since };
  return isOther ? [farewell(stored, nowMs), next] : [next];
}

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms));
