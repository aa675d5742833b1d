import type { ResourceKey } from "@flux-orchestrator/db";
import { groupOf, type KubeObject, type NormalisedObject, normalise, runTimesOf } from "@flux-orchestrator/flux";
import type { ReflectorSink, ReflectorState, ServedKind, UnreadableObject } from "@flux-orchestrator/k8s";
import type { Flusher } from "../flush/flusher.ts";
import type { Pending } from "../flush/pending.ts";
import type { FleetMetrics } from "../metrics.ts";
import { orAborted } from "../or-aborted.ts";
import { type ClusterPrints, nameIn } from "./prints.ts";

/** Told of every object as it is, before it is stored; `null` when it is gone. */
type ObjectListener = (key: ResourceKey, object: KubeObject | null) => void;

/** What the sinks of one cluster's kinds share. */
export interface SinkOptions {
  clusterId: string;
  flusher: Flusher;
  prints: ClusterPrints;
  metrics: FleetMetrics;
  hmac: (value: string) => string;
  now: () => number;
  signal: AbortSignal;
  /** @param isResumed its watch goes on from a stored version: there was no list yet */
  onState: (served: ServedKind, state: ReflectorState, isResumed: boolean) => void;
  /** A list is complete; `gone`: it was needed because the version of the watch was compacted away. */
  onListed: (served: ServedKind, why: "first" | "gone") => void;
  /** Everything up to this version was put; null: a list begins, and only its end will be a version again. */
  onReached: (served: ServedKind, version: string | null) => void;
  onObject: ObjectListener;
  /** Objects that are left out until they change. */
  onUnreadable: (served: ServedKind, unreadable: readonly UnreadableObject[]) => void;
}

/**
 * Fills the flusher from one reflector with what differs from the prints. A class, since a fleet has tens of thousands of
 * them: closures for each would weigh more than what they hold.
 */
export class ObjectSink implements ReflectorSink {
  #isResumed: boolean;
  #why: "first" | "gone" = "first";
  #listed: { namespace: string; name: string }[] = [];
  /** Whether rows that the list lacks can go: there were some, and everything in the list has a name. */
  #sweeps = true;

  constructor(
    readonly options: SinkOptions,
    readonly served: ServedKind,
    /** The watch goes on from a stored version: until there is a list, it may tell what is stored already. */
    isResumed: boolean,
  ) {
    this.#isResumed = isResumed;
  }

  onListStart(why: "first" | "gone"): void {
    const { prints, onReached } = this.options;
    this.#why = why;
    this.#isResumed = false;
    this.#listed = [];
    this.#sweeps = prints.count([this.served.kind]) > 0;
    onReached(this.served, null);
  }

  async onPage(objects: readonly KubeObject[]): Promise<void> {
    this.options.metrics.listed(this.served.kind, objects.length);
    for (const object of objects) {
      this.#listed.push({ namespace: object.metadata.namespace ?? "", name: object.metadata.name });
      const full = this.#see(object, null);
      if (full !== undefined) await full;
    }
  }

  async onListEnd(resourceVersion: string): Promise<void> {
    const { clusterId, flusher, prints, signal, onListed, onReached } = this.options;
    const { group, kind } = this.served;
    if (this.#sweeps) await flusher.sweep({ clusterId, group, kind }, this.#listed, signal);
    else await orAborted(flusher.settled(clusterId), signal);
    if (this.#sweeps) prints.keep(kind, this.#listed);
    this.#listed = [];
    onListed(this.served, this.#why);
    if (!signal.aborted) onReached(this.served, resourceVersion);
  }

  onEvent(type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): Promise<void> | void {
    const { prints, metrics } = this.options;
    const { namespace = "", name, resourceVersion } = object.metadata;
    // Rows are ahead of the version a watch goes on from: what they were before is not told again.
    const hasPassed = prints.hasPassed(object.kind, nameIn(namespace, name), resourceVersion);
    if (hasPassed) metrics.event(object.kind, "same");
    else {
      const full = type === "DELETED" ? this.#gone(object) : this.#see(object, metrics);
      if (full !== undefined) return full.then(() => this.#reach(resourceVersion));
    }
    this.#reach(resourceVersion);
  }

  onBookmark(resourceVersion: string): void {
    this.options.onReached(this.served, resourceVersion);
  }

  onState(state: ReflectorState): void {
    this.options.onState(this.served, state, this.#isResumed);
  }

  onUnreadable(_count: number, unreadable: readonly UnreadableObject[]): void {
    // What cannot be read is there all the same.
    for (const { namespace, name } of unreadable)
      if (name === null) this.#sweeps = false;
      else this.#listed.push({ namespace: namespace ?? "", name });
    this.options.onUnreadable(this.served, unreadable);
  }

  #reach(resourceVersion: string): void {
    if (!this.options.signal.aborted) this.options.onReached(this.served, resourceVersion);
  }

  /** @param counted told how the object differs from the one before; null when it was listed */
  #see(object: KubeObject, counted: FleetMetrics | null): Promise<void> | void {
    const { prints, hmac, now, onObject } = this.options;
    const key = this.#keyOf(object);
    const name = nameIn(key.namespace, key.name);
    const { resourceVersion } = object.metadata;
    onObject(key, object);
    if (prints.knows(key.kind, name, resourceVersion)) {
      counted?.event(key.kind, "same");
      return;
    }
    const mayBeGone = this.#isResumed && !prints.has(key.kind, name);
    let normalised: NormalisedObject;
    try {
      normalised = normalise(object, { hmac });
    } catch {
      // One object that nobody can read must not stop the others.
      const { kind, namespace, name } = key;
      this.options.onUnreadable(this.served, [{ reason: "INCOMPLETE", kind, namespace, name, resourceVersion }]);
      return;
    }
    const change = prints.see(key.group, normalised, runTimesOf(object)?.overdue ?? null, now());
    counted?.event(key.kind, change);
    // Only fields that tick. Nothing anybody is shown changed.
    if (change === "heartbeat" || change === "same") return;
    return this.#put({ change: "seen", key, object: normalised, ...(mayBeGone ? { mayBeGone } : {}) });
  }

  #gone(object: KubeObject): Promise<void> | void {
    const { prints, metrics, onObject } = this.options;
    const key = this.#keyOf(object);
    onObject(key, null);
    metrics.event(key.kind, "deleted");
    prints.forget(key.kind, nameIn(key.namespace, key.name));
    return this.#put({ change: "gone", key, uid: object.metadata.uid });
  }

  #put(pending: Pending): Promise<void> | void {
    const full = this.options.flusher.put(pending);
    // While the store is full nothing more is read; whoever ends does not wait for it.
    if (full !== undefined) return orAborted(full, this.options.signal);
  }

  #keyOf({ apiVersion, kind, metadata }: KubeObject): ResourceKey {
    const { namespace = "", name } = metadata;
    return { clusterId: this.options.clusterId, group: groupOf(apiVersion), kind, namespace, name };
  }
}
