import type { ClusterControl } from "./control/control.ts";
import { CONTROLLERS } from "./objects/controllers.ts";
import { joinPatches } from "./objects/merge-patch.ts";
import type { Revision, StoredObject } from "./objects/revision.ts";
import type { ApiServer } from "./server/api-server.ts";
import type { Cluster } from "./server/cluster.ts";
import type { FaultSettings } from "./server/faults.ts";
import { resourceOfKind } from "./server/served-resources.ts";

/** One entry of the true history of a cluster. */
export interface HistoryEntry {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** One cluster of the fleet, as a test or the control port handles it. */
export class SimulatedCluster implements ClusterControl {
  readonly ca: string;
  readonly token: string;

  constructor(
    readonly cluster: Cluster,
    readonly api: ApiServer,
    credential: { ca: string; token: string },
  ) {
    this.ca = credential.ca;
    this.token = credential.token;
  }

  get name(): string {
    return this.cluster.name;
  }
  /** `https://127.0.0.1:PORT`; the same after a stop. */
  get server(): string {
    return `https://127.0.0.1:${this.api.port}`;
  }

  /** Faults that last until the next call; `{}` takes them back. */
  setFaults(settings: FaultSettings): void {
    this.cluster.faults.settings = settings;
  }

  /** The port is closed and every connection broken off, until `start`. */
  stop(): Promise<void> {
    return this.api.stop();
  }
  start(): Promise<void> {
    return this.api.listen();
  }
  /** Breaks every connection off; new ones are served. */
  reset(): void {
    this.api.reset();
  }
  /** Open connections fall silent for ever and stay open; new ones are served. */
  forgetConnections(): void {
    this.api.forgetConnections();
  }

  /** Forgets every version but the present one: 410 for watches and lists that began before. */
  compact(goneAs: Cluster["goneAs"] = "event"): void {
    this.cluster.goneAs = goneAs;
    this.cluster.store.compact();
    this.cluster.openLists.clear();
  }

  /** Takes a kind and its objects away, as deleting its CustomResourceDefinition does. */
  removeKind(kind: string): void {
    const { store, absent, life } = this.cluster;
    const resource = resourceOfKind(kind);
    for (const object of [...store.objects(resource)]) store.remove(object, Date.now());
    absent.add(resource);
    for (const [place, object] of life.objects.entries())
      if (object?.design.resource === resource) life.objects[place] = undefined;
    for (const watch of this.api.watches) if (watch.resource === resource) watch.end();
  }
  /** The kind is served again, without objects. */
  restoreKind(kind: string): void {
    this.cluster.absent.delete(resourceOfKind(kind));
  }

  /** Sends bytes that are no event, or an event that is no object, on every watch of a kind. */
  sendGarbage(kind: string, form: "broken JSON" | "no name" | "no object" | "cut off"): void {
    const lines = {
      "broken JSON": '{"type":"MODIFIED","object":{"kind":\n',
      "no name": `${JSON.stringify({ type: "MODIFIED", object: { apiVersion: "v1", kind, metadata: {} } })}\n`,
      "no object": '{"type":"MODIFIED","object":null}\n',
      "cut off": '{"type":"MODIF',
    };
    const watches = [...this.api.watches].filter(({ resource }) => resource.kind === kind);
    for (const watch of watches) {
      watch.out.write(lines[form]);
      if (form === "cut off") watch.end();
    }
  }

  /** Makes one object so large: an annotation fills it up; 0 takes it away. */
  inflate(kind: string, at: { namespace: string; name: string }, bytes: number): void {
    const { store } = this.cluster;
    const object = this.#find(kind, at);
    const annotations = { "simulated-fleet/filler": bytes === 0 ? null : "x".repeat(bytes) };
    store.change(
      object,
      { overlay: joinPatches(object.latest.overlay ?? {}, { metadata: { annotations } }) },
      Date.now(),
    );
  }

  /** Takes an object away at once, whatever its finalizers. */
  remove(kind: string, at: { namespace: string; name: string }): void {
    this.cluster.life.remove(this.#find(kind, at), Date.now());
  }

  /** Takes an object away and puts it back under its name, as a restored backup does: the same, with another uid. */
  replace(kind: string, at: { namespace: string; name: string }): void {
    const { store, life } = this.cluster;
    const object = this.#find(kind, at);
    const place = life.objects.indexOf(object);
    const nowMs = Date.now();
    const now = Math.floor(nowMs / 1000);
    life.remove(object, nowMs);
    const restored = this.cluster.newObject(object.design);
    store.add(restored, { ...object.latest, shown: "settled", at: now, since: now }, nowMs);
    if (place >= 0) life.objects[place] = restored;
  }

  /** So many events at once. */
  burst(events: number): void {
    this.cluster.fleetLife.burst(this.cluster.life, events, Date.now());
  }

  /** A controller's Deployment becomes available or not; while it is not, its objects stand still. */
  setController(name: string, available: boolean): void {
    if (!CONTROLLERS.some((controller) => controller === name)) throw new Error(`Flux has no controller ${name}`);
    const { store, life } = this.cluster;
    if (available) life.down.delete(name);
    else life.down.add(name);
    const deployment = store.find(resourceOfKind("Deployment"), "flux-system", name)!;
    const at = Math.floor(Date.now() / 1000);
    store.change(deployment, { word: available ? "Ready" : "Failed", at }, Date.now());
    if (!available) return;
    // What it left half done, and what was asked for meanwhile, is the first thing it does.
    for (const object of life.objects)
      if (
        object?.design.resource.controller === name &&
        (object.latest.shown !== "settled" || life.handled(object) !== null)
      )
        this.cluster.fleetLife.ask(life, object, Date.now());
  }

  /** What truly happened after a version, as far as it is remembered. */
  history(after = 0): HistoryEntry[] {
    const { store } = this.cluster;
    return (store.since(Math.max(after, store.compacted)) ?? []).map(entryOf);
  }

  /** What it truly holds now: the last version of each object of a kind. */
  truth(kind: string): HistoryEntry[] {
    return this.cluster.store.objects(resourceOfKind(kind)).map(({ latest }) => entryOf(latest));
  }

  #find(kind: string, { namespace, name }: { namespace: string; name: string }): StoredObject {
    const object = this.cluster.store.find(resourceOfKind(kind), namespace, name);
    if (object === undefined) throw new Error(`${this.name} has no ${kind} ${namespace}/${name}`);
    return object;
  }

  /** How often each verb was asked for since the start. */
  requests(): Record<string, number> {
    return Object.fromEntries(this.cluster.requests);
  }

  /** What a second brings: bookmarks, and ends of watches. */
  tick(nowMs: number): void {
    for (const watch of this.api.watches) watch.tick(nowMs);
  }
}

/** A revision as the history tells it. */
export function entryOf(revision: Revision): HistoryEntry {
  const { type, object, version, writtenAt } = revision;
  const { design, uid }: StoredObject = object;
  const { kind } = design.resource;
  return {
    type,
    kind,
    namespace: design.namespace,
    name: design.name,
    uid,
    resourceVersion: String(version),
    at: writtenAt,
  };
}
