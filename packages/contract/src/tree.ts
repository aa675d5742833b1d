import { HEALTHS, KSTATUSES, STUB_REASONS } from "@flux-orchestrator/flux";
import { z } from "zod";
import { Readiness } from "./resource.ts";

/** One object of a tree, or the name of one that is not read. */
export const TreeNode = z.object({
  /** Unique in its tree and the same at every call: group, kind, namespace and name. */
  id: z.string(),
  group: z.string(),
  kind: z.string(),
  /** Empty for what lives in no namespace. */
  namespace: z.string(),
  name: z.string(),
  apiVersion: z.string(),
  /** In words of its kind: a Pod's phase, `Ready`, `Completed`, a Flux object's raw Ready condition. */
  status: z.string(),
  health: z.enum(HEALTHS),
  kstatus: z.enum(KSTATUSES),
  /** What the state rests on; empty where there is nothing to explain. */
  message: z.string(),
  /** Settled readiness of a Flux object; null for others, and while it is not stored. */
  word: Readiness.nullable(),
  createdAt: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  /** Why it is only named; null when it was read. */
  stub: z.enum(STUB_REASONS).nullable(),
  /** What else is to be known of what hangs below it. */
  note: z.string().nullable(),
  /** Ids of what hangs below it, in order. */
  children: z.array(z.string()).readonly(),
});
export type TreeNode = z.infer<typeof TreeNode>;

/** Objects below Flux objects, each once however many lead to it; no way leads back up. */
export const ResourceTree = z.object({
  /** Ids of the Flux objects, by kind, namespace and name; of one object's tree, it alone. */
  roots: z.array(z.string()).readonly(),
  nodes: z.array(TreeNode).readonly(),
  /** Kinds that could not be listed, in a namespace or at all: what hangs below its owner is missing without a stub. */
  unread: z.array(
    z.object({ group: z.string(), kind: z.string(), namespace: z.string().nullable(), reason: z.enum(STUB_REASONS) }),
  ),
});
export type ResourceTree = z.infer<typeof ResourceTree>;
