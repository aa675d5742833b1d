import { isFluxObject, isRecord, type KubeObject } from "@flux-orchestrator/flux";
import type { ServedKind } from "./discovery.ts";

/** Characters of keys and texts in one object: etcd itself takes 1.5 MiB. */
export const OBJECT_MAX = 4 * 1024 * 1024;
/** Levels of one object. */
const LEVELS_MAX = 64;

/** Why something an API server sent is left out. */
export type UnreadableReason =
  /** It is no JSON. */
  | "NO_JSON"
  /** It is JSON, but no object. */
  | "NO_OBJECT"
  /** It lacks its kind, name, uid or version, or its name is none. */
  | "INCOMPLETE"
  | "OTHER_KIND"
  | "TOO_DEEP"
  | "TOO_LARGE";

/**
 * Something that is left out, by what can be said of it. Nothing of its content is in it: that may be secret. Its next
 * version is tried again like any other.
 */
export interface UnreadableObject {
  reason: UnreadableReason;
  /** Of the collection it came from. */
  kind: string;
  namespace: string | null;
  name: string | null;
  resourceVersion: string | null;
}

/** An object of a kind, or what can be said of one that cannot be used. */
export function readObject(
  value: unknown,
  served: ServedKind,
): { object: KubeObject; unreadable?: never } | { object?: never; unreadable: UnreadableObject } {
  const unreadable = (reason: UnreadableReason) => ({ unreadable: describe(reason, served, value) });
  if (!isRecord(value)) return unreadable("NO_OBJECT");
  const excess = excessOf(value);
  if (excess !== null) return unreadable(excess);
  if (!isFluxObject(value)) return unreadable("INCOMPLETE");
  return value.kind === served.kind ? { object: value } : unreadable("OTHER_KIND");
}

/** What can be said of something that is left out. */
export function describe(reason: UnreadableReason, served: ServedKind, value?: unknown): UnreadableObject {
  const metadata = isRecord(value) && isRecord(value.metadata) ? value.metadata : {};
  const textOf = (field: unknown) => (typeof field === "string" && field.length < 254 ? field : null);
  return {
    reason,
    kind: served.kind,
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name),
    resourceVersion: textOf(metadata.resourceVersion),
  };
}

type Excess = "TOO_DEEP" | "TOO_LARGE" | null;

/** Whether an object has too many levels or too much text; looks no further than that. Every object read passes here. */
function excessOf(object: object): Excess {
  let characters = 0;
  const look = (value: unknown, levels: number): Excess => {
    if (typeof value === "string") characters += value.length;
    if (characters > OBJECT_MAX) return "TOO_LARGE";
    return typeof value === "object" && value !== null ? walk(value, levels - 1) : null;
  };
  const walk = (node: object, levels: number): Excess => {
    if (levels === 0) return "TOO_DEEP";
    let excess: Excess = null;
    // By index: the names of an array's places cost four times as much as its contents.
    if (Array.isArray(node))
      for (let at = 0; at < node.length && excess === null; at++) excess = look(node[at], levels);
    else
      for (const key in node) {
        characters += key.length;
        excess = look(node[key as keyof typeof node], levels);
        if (excess !== null) return excess;
      }
    return excess;
  };
  return walk(object, LEVELS_MAX);
}
