import type { AppliedObjects } from "../applied/applied-objects.ts";
import { resourceName, SERVED_RESOURCES, type ServedResource } from "../server/served-resources.ts";
import { type Facts, Revision, type StoredObject } from "./revision.ts";

/** Told of each change, in order, with what was before it. */
export type Follower = (revision: Revision, before: Revision | undefined) => void;

/** Events above what is kept that may wait before they are dropped together. */
const DROP_TOGETHER = 64;

/**
 * What one API server holds: the objects at one version that counts all changes of the cluster, and the last of these
 * changes, from which watches go on and a checker reads the true history.
 */
export class ClusterStore {
  #version: number;
  #log: Revision[] = [];
  /** Versions before this one are forgotten. */
  #compacted: number;
  /** By kind, in the order in which an API server lists. */
  readonly #objects = new Map<string, StoredObject[]>();
  readonly #followers = new Map<string, Set<Follower>>();
  #applied: AppliedObjects | undefined;

  constructor(readonly options: { keptMax: number; version: number }) {
    this.#version = options.version;
    this.#compacted = options.version;
    for (const resource of SERVED_RESOURCES) this.#objects.set(resourceName(resource), []);
  }

  get version(): number {
    return this.#version;
  }
  get compacted(): number {
    return this.#compacted;
  }

  /**
   * All objects of a kind, by namespace and name. Not to be changed by the reader.
   * @param namespace what was applied elsewhere may be left out, unless empty
   */
  objects(resource: ServedResource, namespace = ""): readonly StoredObject[] {
    const stored = this.#objects.get(resourceName(resource))!;
    const applied = this.#applied?.objects(resource, namespace) ?? [];
    return applied.length === 0 ? stored : [...stored, ...applied].sort(byKey);
  }

  find(resource: ServedResource, namespace: string, name: string): StoredObject | undefined {
    const objects = this.#objects.get(resourceName(resource))!;
    const key = `${namespace}/${name}`;
    const object = objects[placeOf(objects, key)];
    return object?.design.key === key ? object : this.#applied?.find(resource, key);
  }

  /** What appliers applied is there too, without being kept. */
  derive(applied: AppliedObjects): void {
    this.#applied = applied;
  }

  /** Puts an object there without an event, before anybody watches. */
  seed(object: StoredObject, facts: Facts): void {
    object.latest = new Revision(object, "ADDED", ++this.#version, object.createdAt * 1000, facts, {});
    this.#compacted = this.#version;
    this.#objects.get(resourceName(object.design.resource))!.push(object);
  }

  /** Puts what was seeded in order. */
  sort(): void {
    for (const objects of this.#objects.values()) objects.sort(byKey);
  }

  add(object: StoredObject, facts: Facts, nowMs: number): Revision {
    const { resource, key } = object.design;
    const objects = this.#objects.get(resourceName(resource))!;
    object.latest = new Revision(object, "ADDED", ++this.#version, nowMs, facts, {});
    objects.splice(placeOf(objects, key), 0, object);
    return this.#tell(object.latest, undefined);
  }

  change(object: StoredObject, change: Partial<Facts>, nowMs: number): Revision {
    const before = object.latest;
    object.latest = new Revision(object, "MODIFIED", ++this.#version, nowMs, before, change);
    if (this.#applied?.has(object) === true) this.#applied.keep(object);
    return this.#tell(object.latest, before);
  }

  remove(object: StoredObject, nowMs: number): Revision {
    const { resource, key } = object.design;
    if (this.#applied?.has(object) === true) this.#applied.forget(object);
    else {
      const objects = this.#objects.get(resourceName(resource))!;
      objects.splice(placeOf(objects, key), 1);
    }
    const before = object.latest;
    object.latest = new Revision(object, "DELETED", ++this.#version, nowMs, before, {});
    return this.#tell(object.latest, before);
  }

  /** @returns how to stop */
  follow(resource: ServedResource, follower: Follower): () => void {
    const name = resourceName(resource);
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers);
    followers.add(follower);
    return () => void followers.delete(follower);
  }

  /** What happened after a version; undefined when that is forgotten. */
  since(version: number): readonly Revision[] | undefined {
    if (version < this.#compacted) return undefined;
    let [from, to] = [0, this.#log.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#log[middle]!.version <= version) from = middle + 1;
      else to = middle;
    }
    return this.#log.slice(from);
  }

  /** Forgets every version but the present one. */
  compact(): void {
    this.#log = [];
    this.#compacted = this.#version;
  }

  #tell(revision: Revision, before: Revision | undefined): Revision {
    this.#log.push(revision);
    if (this.#log.length > this.options.keptMax + DROP_TOGETHER) {
      const dropped = this.#log.splice(0, this.#log.length - this.options.keptMax);
      this.#compacted = dropped.at(-1)!.version;
    }
    const followers = this.#followers.get(resourceName(revision.object.design.resource));
    if (followers !== undefined) for (const follower of followers) follower(revision, before);
    return revision;
  }
}

// As etcd does: by the bytes of "namespace/name".
const byKey = ({ design: one }: StoredObject, { design: other }: StoredObject): number =>
  one.key < other.key ? -1 : one.key > other.key ? 1 : 0;

/** Where the object of a key is, or belongs. */
function placeOf(objects: readonly StoredObject[], key: string): number {
  let [from, to] = [0, objects.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (objects[middle]!.design.key < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
