import { groupOf, type KubeObject, type NormalisedObject, normalise, runTimesOf } from "@flux-orchestrator/flux";
import type { ReflectorSink, ReflectorState, ServedKind, UnreadableObject } from "@flux-orchestrator/k8s";
import type { Flusher } from "../flush/flusher.ts";
import type { Pending } from "../flush/pending.ts";
import type { EventClass, FleetMetrics } from "../metrics.ts";
import { orAborted } from "../or-aborted.ts";
import { type ClusterPrints, nameIn } from "./prints.ts";

/** Told of every object as it is, before it is stored; `null` when it is gone. */
type ObjectListener = (key: { kind: string; namespace: string; name: string }, object: KubeObject | null) => void;

export interface SinkOptions {
  clusterId: string;
  served: ServedKind;
  flusher: Flusher;
  prints: ClusterPrints;
  metrics: FleetMetrics;
  hmac: (value: string) => string;
  now: () => number;
  signal: AbortSignal;
  /** The watch goes on from a stored version: until there is a list, it may tell what is stored already. */
  isResumed: boolean;
  onState: (state: ReflectorState) => void;
  /** A list is complete; `gone`: it was needed because the version of the watch was compacted away. */
  onListed: (why: "first" | "gone") => void;
  /** Everything up to this version was put; null: a list begins, and only its end will be a version again. */
  onReached: (version: string | null) => void;
  onObject: ObjectListener;
  /** Objects that are left out until they change. */
  onUnreadable: (unreadable: readonly UnreadableObject[]) => void;
}

/** Fills the flusher from one reflector with what differs from the prints. */
export function objectSink(options: SinkOptions): ReflectorSink {
  const { clusterId, served, flusher, prints, metrics, hmac, signal, now } = options;
  let { isResumed } = options;
  let why: "first" | "gone" = "first";
  let listed: { namespace: string; name: string }[] = [];
  /** Whether rows that the list lacks can go: there were some, and everything in the list has a name. */
  let sweeps = true;

  const put = (pending: Pending): Promise<void> | void => {
    const full = flusher.put(pending);
    // While the store is full nothing more is read; whoever ends does not wait for it.
    if (full !== undefined) return orAborted(full, signal);
  };
  const keyOf = (object: KubeObject) => ({
    clusterId,
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
  });
  const tell = (change: EventClass) => metrics.event(served.kind, change);
  /** @param classed told how the object differs from the one before */
  const see = (object: KubeObject, classed: (change: EventClass) => void): Promise<void> | void => {
    const key = keyOf(object);
    const name = nameIn(key.namespace, key.name);
    options.onObject(key, object);
    if (prints.knows(key.kind, name, object.metadata.resourceVersion)) return classed("same");
    const mayBeGone = isResumed && !prints.has(key.kind, name);
    let normalised: NormalisedObject;
    try {
      normalised = normalise(object, { hmac });
    } catch {
      // One object that nobody can read must not stop the others.
      const { kind, namespace, name } = key;
      options.onUnreadable([
        { reason: "INCOMPLETE", kind, namespace, name, resourceVersion: object.metadata.resourceVersion },
      ]);
      return;
    }
    const change = prints.see(key.group, normalised, runTimesOf(object)?.overdue ?? null, now());
    classed(change);
    // Only fields that tick. Nothing anybody is shown changed.
    if (change === "heartbeat" || change === "same") return;
    return put({ change: "seen", key, object: normalised, ...(mayBeGone ? { mayBeGone } : {}) });
  };

  return {
    onListStart(reason) {
      why = reason;
      isResumed = false;
      listed = [];
      sweeps = prints.count([served.kind]) > 0;
      options.onReached(null);
    },
    async onPage(objects) {
      metrics.listed(served.kind, objects.length);
      for (const object of objects) {
        listed.push({ namespace: object.metadata.namespace ?? "", name: object.metadata.name });
        const full = see(object, () => {});
        if (full !== undefined) await full;
      }
    },
    async onListEnd(resourceVersion) {
      if (sweeps) await flusher.sweep({ clusterId, group: served.group, kind: served.kind }, listed, signal);
      else await orAborted(flusher.settled(clusterId), signal);
      if (sweeps) prints.keep(served.kind, listed);
      listed = [];
      options.onListed(why);
      if (!signal.aborted) options.onReached(resourceVersion);
    },
    async onEvent(type, object) {
      const { namespace = "", name, resourceVersion } = object.metadata;
      // Rows are ahead of the version a watch goes on from: what they were before is not told again.
      if (prints.hasPassed(object.kind, nameIn(namespace, name), resourceVersion)) tell("same");
      else {
        const full = type === "DELETED" ? gone(object) : see(object, tell);
        if (full !== undefined) await full;
      }
      if (!signal.aborted) options.onReached(object.metadata.resourceVersion);
    },
    onBookmark(resourceVersion) {
      options.onReached(resourceVersion);
    },
    onState: options.onState,
    onUnreadable(_count, unreadable) {
      // What cannot be read is there all the same.
      for (const { namespace, name } of unreadable)
        if (name === null) sweeps = false;
        else listed.push({ namespace: namespace ?? "", name });
      options.onUnreadable(unreadable);
    },
  };

  function gone(object: KubeObject): Promise<void> | void {
    const key = keyOf(object);
    options.onObject(key, null);
    tell("deleted");
    prints.forget(key.kind, nameIn(key.namespace, key.name));
    return put({ change: "gone", key, uid: object.metadata.uid });
  }
}
