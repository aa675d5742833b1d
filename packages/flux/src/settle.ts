import { type Condition, conditionOf, conditionsOf, isTrue } from "./conditions.ts";
import { fluxKind } from "./kinds.ts";
import { type KubeObject, listOf, numberOf, recordOf, textOf, timeOf } from "./object.ts";
import { appliedRevisionOf, attemptedRevisionOf, shortRevision } from "./revision.ts";
import { isSuspended, suspensionOf } from "./suspend.ts";
import { OVERDUE, type Readiness, TERMINATING_LONG } from "./words.ts";

/** What settling remembers of an object; kept in its row as JSON. */
export interface SettleMemory {
  uid: string;
  /** The last conclusive word; null before there was one. */
  verdict: Readiness | null;
  /** Reason and message that came with the verdict. */
  reason: string | null;
  message: string;
  /** Attempted revision the verdict speaks of. */
  judged: string | null;
  /** Generation and attempted revision of the object last seen. */
  generation: number | null;
  attempted: string | null;
  /** The word shown, and since when (ISO 8601). */
  word: Readiness;
  since: string;
  /** When the object was last seen leaving Suspended (ISO 8601); null if never. */
  resumedAt: string | null;
}

export interface Settled {
  word: Readiness;
  /** What stands beside the word. */
  subState: string | null;
  /** Reason and message that belong to the word: while a failure stands and is retried, the failure's. */
  reason: string | null;
  message: string;
  memory: SettleMemory;
  /** Milliseconds; when time alone may change the word. */
  recheckAtMs?: number;
}

/** How long a good verdict survives an unfinished attempt, and an object may wait for its controller. */
export const GRACE_MS = 60_000;
/** How long finalizers may take before a deletion hangs. */
export const TERMINATING_MS = 5 * 60_000;
const BAD: ReadonlySet<Readiness> = new Set(["Stalled", "Blocked", "Failed", "Retrying"]);
const BLOCKED_REASONS = new Set(["DependencyNotReady", "SourceNotReady", "NoSourceArtifact"]);
const SOURCE_FAILURES = ["FetchFailed", "BuildFailed", "StorageOperationFailed"] as const;

interface Verdict {
  word: Readiness;
  reason: string | null;
  message: string;
}

/**
 * The word for an object, given what was remembered of it. Rules and their reasons: docs/flux-objects.md. Pure: the same
 * memory, object and time give the same answer.
 * @param overdueAtMs from when on its next run is overdue; infinity when nobody can tell
 */
export function settle(
  previous: SettleMemory | null,
  object: KubeObject,
  nowMs: number,
  overdueAtMs = Number.POSITIVE_INFINITY,
): Settled {
  const memory = previous?.uid === object.metadata.uid ? previous : null;
  const conditions = conditionsOf(object);
  const verdict = conclude(object, conditions, memory);
  const shown = show(object, conditions, verdict, memory, nowMs);
  if (shown.word === "Ready" && shown.subState === null && nowMs >= overdueAtMs) shown.subState = OVERDUE;
  const kept = verdict ?? remembered(memory);
  const sameWord = memory?.word === shown.word;
  const resumed = memory?.word === "Suspended" && shown.word !== "Suspended";
  return {
    ...shown,
    memory: {
      uid: object.metadata.uid,
      verdict: kept?.word ?? null,
      reason: kept?.reason ?? null,
      message: kept?.message ?? "",
      judged: verdict === null ? (memory?.judged ?? null) : attemptedRevisionOf(object),
      generation: object.metadata.generation ?? null,
      attempted: attemptedRevisionOf(object),
      word: shown.word,
      since: sameWord ? memory.since : sinceOf(shown.word, object, conditions, memory, nowMs),
      resumedAt: resumed ? new Date(nowMs).toISOString() : (memory?.resumedAt ?? null),
    },
  };
}

/** Rule 2: the word of an object that says by itself how it ended; null while it does not. */
function conclude(object: KubeObject, conditions: Condition[], memory: SettleMemory | null): Verdict | null {
  const stalled = conditionOf(conditions, "Stalled");
  const ready = conditionOf(conditions, "Ready");
  if (stalled?.status === "True")
    return { word: "Stalled", reason: stalled.reason, message: ready?.message || stalled.message };
  if (ready?.status === "False") {
    const told = { reason: ready.reason, message: ready.message };
    if (isBlocked(ready)) return { word: "Blocked", ...told };
    if (hasRetriesLeft(object)) return { word: "Retrying", ...told };
    // The controller drops Stalled a moment before it tries again, and sets it a moment after it failed again.
    const again =
      memory?.verdict === "Stalled" &&
      isTrue(conditions, "Reconciling") &&
      memory.generation === (object.metadata.generation ?? null) &&
      memory.attempted === attemptedRevisionOf(object);
    return { word: again ? "Stalled" : "Failed", ...told };
  }
  if (ready?.status === "True" && isObserved(object))
    return { word: isTrue(conditions, "Drifted") ? "Drifted" : "Ready", reason: ready.reason, message: ready.message };
  return null;
}

const isBlocked = (ready: Pick<Condition, "reason" | "message">): boolean =>
  BLOCKED_REASONS.has(ready.reason) ||
  (ready.reason === "ArtifactFailed" && /source artifact not found/i.test(ready.message));

/** Objects of kinds that never report a generation cannot be behind it; generators report it with the condition alone. */
function isObserved(object: KubeObject): boolean {
  const role = fluxKind(object.kind)?.role;
  const said = role === "generator" ? conditionOf(conditionsOf(object), "Ready") : recordOf(object.status);
  const observed = numberOf(said?.observedGeneration);
  if (observed === null) return object.kind === "ExternalArtifact" || role === "operator" || role === "generator";
  return observed === (object.metadata.generation ?? observed);
}

/** Rule 4: only failures the controller counted against a limit make a retry; the rest are failures. */
function hasRetriesLeft(object: KubeObject): boolean {
  if (object.kind !== "HelmRelease") return false;
  const left = (action: "install" | "upgrade", counted: unknown): boolean => {
    const count = numberOf(counted) ?? 0;
    const retries = numberOf(recordOf(recordOf(recordOf(object.spec)[action]).remediation).retries) ?? 0;
    return count >= 1 && (retries < 0 || count <= retries);
  };
  const status = recordOf(object.status);
  return left("install", status.installFailures) || left("upgrade", status.upgradeFailures);
}

/** Rule 3: what an unfinished object remembers of its last attempt by itself. */
function ownMemory(object: KubeObject, conditions: Condition[]): Verdict | null {
  const status = recordOf(object.status);
  if (object.kind === "Kustomization") {
    const [last] = listOf(status.history).map(recordOf);
    const ended = textOf(last?.lastReconciledStatus);
    if (ended === null) return null;
    return ended === "ReconciliationSucceeded"
      ? { word: "Ready", reason: ended, message: "" }
      : { word: "Failed", reason: ended, message: conditionOf(conditions, "Healthy")?.message ?? "" };
  }
  if (object.kind === "HelmRelease") {
    const released = conditionOf(conditions, "Released");
    if (released?.status === "False" || (numberOf(status.failures) ?? 0) > 0)
      return {
        word: hasRetriesLeft(object) ? "Retrying" : "Failed",
        reason: released?.reason ?? null,
        message: released?.message ?? "",
      };
    return released?.status === "True" ? { word: "Ready", reason: released.reason, message: released.message } : null;
  }
  const failure = SOURCE_FAILURES.map((type) => conditionOf(conditions, type)).find(
    (condition) => condition?.status === "True",
  );
  if (failure !== undefined)
    return { word: isBlocked(failure) ? "Blocked" : "Failed", reason: failure.reason, message: failure.message };
  const stored = conditionOf(conditions, "ArtifactInStorage");
  return stored?.status === "True" ? { word: "Ready", reason: stored.reason, message: stored.message } : null;
}

const remembered = (memory: SettleMemory | null): Verdict | null =>
  memory?.verdict == null ? null : { word: memory.verdict, reason: memory.reason, message: memory.message };

type Shown = Pick<Settled, "word" | "subState" | "reason" | "message" | "recheckAtMs">;

function show(
  object: KubeObject,
  conditions: Condition[],
  verdict: Verdict | null,
  memory: SettleMemory | null,
  nowMs: number,
): Shown {
  const ready = conditionOf(conditions, "Ready");
  const raw = { reason: ready?.reason || null, message: ready?.message ?? "" };
  if (object.metadata.deletionTimestamp !== undefined) return { ...terminating(object, nowMs), ...raw };
  if (isSuspended(object))
    return { word: "Suspended", subState: suspendedHow(object, verdict ?? remembered(memory)), ...raw };
  if (isStatic(object)) return { word: "Static", subState: null, ...raw };
  if (verdict !== null)
    return { word: verdict.word, subState: besides(verdict, object), reason: verdict.reason, message: verdict.message };

  const own = ownMemory(object, conditions);
  const standing = [remembered(memory), own].find((candidate) => candidate !== null && BAD.has(candidate.word));
  if (standing != null)
    return {
      word: standing.word,
      subState: tryingAgain(object, memory),
      reason: standing.reason,
      message: standing.message,
    };

  const good = remembered(memory) ?? own;
  const observed = numberOf(recordOf(object.status).observedGeneration) === (object.metadata.generation ?? null);
  const attempted = attemptedRevisionOf(object);
  if (good !== null && observed && (attempted === null || attempted === appliedRevisionOf(object))) {
    const until = (timeOf(ready?.lastTransitionTime) ?? nowMs) + GRACE_MS;
    if (nowMs < until)
      return {
        word: good.word,
        subState: "reconciling",
        reason: good.reason,
        message: good.message,
        recheckAtMs: until,
      };
  }
  const waiting = waitingForController(object, conditions, memory, nowMs);
  if (waiting !== null) return { ...waiting, ...raw };
  return { word: "Progressing", subState: progressOf(object, conditions, attempted), ...raw };
}

/** An object no controller has touched since it was made, resumed or edited: for a minute that is normal. */
function waitingForController(
  object: KubeObject,
  conditions: Condition[],
  memory: SettleMemory | null,
  nowMs: number,
): Pick<Shown, "word" | "subState" | "recheckAtMs"> | null {
  const edited = conditions.length > 0 && !isTrue(conditions, "Reconciling") && !isObserved(object);
  if (conditions.length > 0 && !edited) return null;
  const created = timeOf(object.metadata.creationTimestamp) ?? nowMs;
  const resumed = timeOf(memory?.resumedAt) ?? 0;
  const justResumed = memory?.word === "Suspended" ? nowMs : resumed;
  const since = edited
    ? Math.max(
        justResumed,
        memory?.word === "Progressing" || memory?.word === "Unknown" ? (timeOf(memory.since) ?? nowMs) : nowMs,
      )
    : Math.max(created, justResumed);
  const until = since + GRACE_MS;
  if (nowMs < until) return { word: "Progressing", subState: "waiting for the controller", recheckAtMs: until };
  return { word: "Unknown", subState: "not picked up" };
}

/** Nothing reconciles them: Alert and Provider, and Helm repositories of type oci. */
export function isStatic(object: KubeObject): boolean {
  if (object.kind === "HelmRepository") return recordOf(object.spec).type === "oci";
  const kind = fluxKind(object.kind);
  return kind?.role === "notification" && !kind.reconcile && conditionsOf(object).length === 0;
}

function terminating(object: KubeObject, nowMs: number): Pick<Shown, "word" | "subState" | "recheckAtMs"> {
  const finalizer = object.metadata.finalizers?.[0];
  const waits = finalizer === undefined ? null : `waits for finalizer ${finalizer}`;
  const until = (timeOf(object.metadata.deletionTimestamp) ?? nowMs) + TERMINATING_MS;
  if (nowMs < until) return { word: "Terminating", subState: waits, recheckAtMs: until };
  return { word: "Terminating", subState: [TERMINATING_LONG, waits].filter((part) => part !== null).join(", ") };
}

function suspendedHow(object: KubeObject, was: Verdict | null): string | null {
  const parts = [
    was !== null && was.word !== "Ready" ? `was ${was.word}` : null,
    suspensionOf(object)?.by ? `by ${suspensionOf(object)?.by}` : null,
  ];
  return parts.filter((part) => part !== null).join(", ") || null;
}

function besides(verdict: Verdict, object: KubeObject): string | null {
  switch (verdict.word) {
    case "Ready":
    case "Drifted":
      return null;
    case "Retrying": {
      const status = recordOf(object.status);
      const count = Math.max(numberOf(status.installFailures) ?? 0, numberOf(status.upgradeFailures) ?? 0);
      return `after attempt ${count}`;
    }
    case "Stalled":
      return verdict.reason === "RetriesExceeded" ? "retries exhausted" : verdict.reason;
    default:
      return verdict.reason;
  }
}

function tryingAgain(object: KubeObject, memory: SettleMemory | null): string {
  const attempted = attemptedRevisionOf(object);
  if (attempted !== null && attempted !== memory?.judged && attempted !== appliedRevisionOf(object))
    return `trying ${shortRevision(attempted)}`;
  return "retrying now";
}

function progressOf(object: KubeObject, conditions: Condition[], attempted: string | null): string | null {
  if (conditionOf(conditions, "Healthy")?.status === "Unknown") return "waiting for health";
  if (attempted !== null && attempted !== appliedRevisionOf(object)) return `to ${shortRevision(attempted)}`;
  return null;
}

/** The start of a word: as the object tells it where it does, else now. */
function sinceOf(
  word: Readiness,
  object: KubeObject,
  conditions: Condition[],
  memory: SettleMemory | null,
  nowMs: number,
): string {
  const told =
    word === "Terminating"
      ? timeOf(object.metadata.deletionTimestamp)
      : memory === null && word !== "Unknown" && word !== "Suspended"
        ? (timeOf(conditionOf(conditions, "Ready")?.lastTransitionTime) ?? timeOf(object.metadata.creationTimestamp))
        : null;
  return new Date(Math.min(told ?? nowMs, nowMs)).toISOString();
}
