import type { NodeState } from "./health.ts";
import type { InventoryEntry } from "./inventory.ts";
import { FLUX_KINDS, isFluxKind } from "./kinds.ts";
import type { ObjectKey } from "./object.ts";
import { type StubReason, stubState, type TreeObject, treeId } from "./tree-object.ts";
import type { Readiness } from "./words.ts";

/** One object of a tree, or the name of one that is not read. */
export interface TreeNode extends ObjectKey, NodeState {
  /** Unique in its tree, the same at every call. */
  id: string;
  /** As inventories have it, for what is not read: the version alone. */
  apiVersion: string;
  /** Null for what is not read. */
  createdAt: string | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  word: Readiness | null;
  /** Why it is only named; null when it was read. */
  stub: StubReason | null;
  /** What else is to be known of what hangs below it: on which cluster it is, or why nobody can tell. */
  note: string | null;
  /** Ids of what hangs below it, in order. */
  children: readonly string[];
}

/** Objects of a cluster below the Flux objects that brought them there, each once however many lead to it. No cycles. */
export interface Tree {
  /** Ids of the Flux objects, also of those that hang below others: by kind, namespace and name. */
  roots: readonly string[];
  /** Roots and all that hangs below them, by id. */
  nodes: readonly TreeNode[];
}

/** What nobody read: why, for an object of an inventory that is not among those given. */
export type ReasonOf = (entry: InventoryEntry) => StubReason;

/**
 * Hangs objects below the Flux objects whose inventories name them and below their owners, by uid: Kustomization →
 * HelmRelease → Deployment → ReplicaSet → Pod. What is named and not given is a stub. The order of the objects given does not
 * matter. An edge that would lead back to an object above it (a Kustomization that applies itself) is left out.
 */
export function buildTree(objects: readonly TreeObject[], reasonOf: ReasonOf): Tree {
  const found = new Map<string, Draft>();
  const byUid = new Map<string, string>();
  for (const object of objects) {
    const id = treeId(object);
    found.set(id, { node: nodeOf(id, object), below: new Set() });
    byUid.set(object.uid, id);
  }
  for (const object of objects) {
    const id = treeId(object);
    for (const uid of object.owners) found.get(byUid.get(uid) ?? "")?.below.add(id);
    const { below } = found.get(id)!;
    for (const entry of object.applied.entries) {
      // What is named alike on this cluster is another object.
      const child = object.applied.remote === null ? treeId(entry) : `${id}/${treeId(entry)}`;
      below.add(child);
      if (!found.has(child)) {
        const reason = object.applied.remote === null ? reasonOf(entry) : "remote";
        found.set(child, { node: stubOf(child, entry, reason), below: new Set() });
      }
    }
  }
  const roots = [...found.values()]
    .map(({ node }) => node)
    .filter((node) => isFluxKind(node) && node.stub === null)
    .sort(byRootOrder)
    .map(({ id }) => id);
  return { roots, nodes: withoutCycles(found, roots).sort(byId) };
}

interface Draft {
  node: Omit<TreeNode, "children">;
  below: Set<string>;
}

function nodeOf(id: string, object: TreeObject): Draft["node"] {
  const { owners: _owners, uid: _uid, state, applied, ...rest } = object;
  const remote = applied.remote === null ? null : `What it applied is on ${applied.remote}.`;
  return { id, ...rest, ...state, stub: null, note: applied.unknown ?? remote };
}

function stubOf(id: string, entry: InventoryEntry, reason: StubReason): Draft["node"] {
  const { version, ...place } = entry;
  return {
    id,
    ...place,
    apiVersion: version,
    createdAt: null,
    labels: {},
    annotations: {},
    word: null,
    ...stubState(reason),
    stub: reason,
    note: null,
  };
}

/** Everything that can be reached, without the edges that lead back up: a walk down from each root in turn, its way marked. */
function withoutCycles(found: ReadonlyMap<string, Draft>, roots: readonly string[]): TreeNode[] {
  const nodes = new Map<string, TreeNode>();
  for (const root of roots) {
    const way = new Set<string>();
    const walk: { id: string; rest: string[]; kept: string[] }[] = [];
    const enter = (id: string) => {
      way.add(id);
      walk.push({ id, rest: orderedChildren(found, id).reverse(), kept: [] });
    };
    if (!nodes.has(root)) enter(root);
    for (let at = walk.at(-1); at !== undefined; at = walk.at(-1)) {
      const child = at.rest.pop();
      if (child === undefined) {
        nodes.set(at.id, { ...found.get(at.id)!.node, children: at.kept });
        way.delete(at.id);
        walk.pop();
      } else if (!way.has(child)) {
        at.kept.push(child);
        if (!nodes.has(child)) enter(child);
      }
    }
  }
  return [...nodes.values()];
}

const orderedChildren = (found: ReadonlyMap<string, Draft>, id: string): string[] =>
  [...found.get(id)!.below]
    .map((child) => found.get(child)!.node)
    .sort(byPlace)
    .map((child) => child.id);

const KIND_ORDER = new Map(FLUX_KINDS.map(({ kind }, index) => [kind, index]));
type Placed = Draft["node"];
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const byId = (one: Placed, other: Placed): number => compare(one.id, other.id);
const byPlace = (one: Placed, other: Placed): number =>
  compare(one.kind, other.kind) ||
  compare(one.namespace, other.namespace) ||
  compare(one.name, other.name) ||
  byId(one, other);
const byRootOrder = (one: Placed, other: Placed): number =>
  KIND_ORDER.get(one.kind)! - KIND_ORDER.get(other.kind)! || byPlace(one, other);
