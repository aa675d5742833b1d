import {
  type Applied,
  type InventoryEntry,
  type KubeObject,
  type ObjectKey,
  type StubReason,
  type TreeObject,
  treeId,
  treeObjectOf,
} from "@flux-orchestrator/flux";
import { dependentsOf, type GroupKind, isSecret, kindKey } from "./tree-kinds.ts";

/** Objects a tree holds: those of 5,000 Kustomizations with ten each. */
const OBJECTS_MAX = 50_000;

/**
 * What is known so far of the objects of one tree. Of everything that is listed only that is kept which an inventory names or
 * something kept owns, so that a tree takes the memory of what it shows and not of the cluster.
 */
export class KnownObjects {
  readonly #kept = new Map<string, TreeObject>();
  readonly #uids = new Set<string>();
  readonly #kinds = new Set<string>();
  readonly #sought = new Set<string>();
  /** By kind, what inventories name. */
  readonly #wanted = new Map<string, Map<string, InventoryEntry>>();
  /** By kind, or kind and namespace: why nothing of it was read. */
  readonly #unread = new Map<string, Unread>();
  #tooMany = false;

  constructor(readonly nowMs: number) {}

  get objects(): TreeObject[] {
    return [...this.#kept.values()];
  }
  /** Kinds that inventories name, but for those that are never read. */
  get wantedKinds(): string[] {
    return [...this.#wanted.keys()].filter((key) => !isSecret(key));
  }

  /** What inventories name of a kind and nobody has looked for yet. */
  unsought(key: string): InventoryEntry[] {
    return [...(this.#wanted.get(key) ?? [])]
      .filter(([id]) => !this.#kept.has(id) && !this.#sought.has(id))
      .map(([, entry]) => entry);
  }
  /** The same, for who looks for it now: nothing is looked for twice. */
  seek(key: string): InventoryEntry[] {
    const entries = this.unsought(key);
    for (const entry of entries) this.#sought.add(treeId(entry));
    return entries;
  }

  /** Where what is kept may own objects of a kind. */
  namespacesOfOwners(key: string): Set<string> {
    const owners = this.objects.filter((object) => dependentsOf(kindKey(object)).includes(key));
    return new Set(owners.map(({ namespace }) => namespace).filter((namespace) => namespace !== ""));
  }
  /** Whether the tree may hold objects of a kind. */
  mayHold(key: string): boolean {
    return this.unsought(key).length > 0 || [...this.#kinds].some((owner) => dependentsOf(owner).includes(key));
  }

  /** Keeps the object whatever it is. Null when there are too many. */
  keep(object: KubeObject): TreeObject | null {
    if (this.#kept.size >= OBJECTS_MAX) {
      this.#tooMany = true;
      return null;
    }
    const kept = treeObjectOf(object, this.nowMs);
    this.#kept.set(treeId(kept), kept);
    this.#uids.add(kept.uid);
    this.#kinds.add(kindKey(kept));
    this.#want(kept);
    return kept;
  }

  /** What a kept object applied, which it does not say itself. */
  learnApplied(id: string, applied: Applied): void {
    const before = this.#kept.get(id);
    if (before === undefined) return;
    const after = { ...before, applied };
    this.#kept.set(id, after);
    this.#want(after);
  }

  /** Keeps the object when it belongs to the tree. */
  offer(object: KubeObject, key: ObjectKey): TreeObject | null {
    const belongs =
      this.#wanted.get(kindKey(key))?.has(treeId(key)) === true ||
      (object.metadata.ownerReferences ?? []).some((owner) =>
        this.#uids.has((owner as { uid: string } | null)?.uid ?? ""),
      );
    return belongs ? this.keep(object) : null;
  }

  /** Remembers why a kind was not read, in one namespace or at all. */
  notRead({ group, kind }: GroupKind, reason: StubReason, namespace: string | null = null): void {
    this.#unread.set(placeOf({ group, kind }, namespace), { group, kind, namespace, reason });
  }

  /** Kinds of which something the cluster has was not read. */
  get unread(): Unread[] {
    const places = [...this.#unread].filter(([, { reason }]) => reason !== "not-served");
    return places.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, unread]) => unread);
  }

  /** What an object of the tree applied here belongs to it. */
  #want({ applied }: TreeObject): void {
    if (applied.remote !== null) return;
    for (const entry of applied.entries) {
      const ofKind = this.#wanted.get(kindKey(entry)) ?? new Map<string, InventoryEntry>();
      ofKind.set(treeId(entry), entry);
      this.#wanted.set(kindKey(entry), ofKind);
    }
  }

  /** Why an object that an inventory names is not there. */
  reasonOf(entry: InventoryEntry): StubReason {
    if (isSecret(kindKey(entry))) return "secret";
    const unread = this.#unread.get(placeOf(entry, null)) ?? this.#unread.get(placeOf(entry, entry.namespace));
    return unread?.reason ?? (this.#tooMany ? "too-many" : "not-found");
  }
}

/** A kind, in one namespace or at all, and why it was not read. */
type Unread = GroupKind & { namespace: string | null; reason: StubReason };
const placeOf = (kind: GroupKind, namespace: string | null): string =>
  namespace === null ? kindKey(kind) : `${kindKey(kind)}/${namespace}`;
