import { EDGE_RELATIONS } from "@flux-orchestrator/flux";
import { z } from "zod";
import { ClusterKey } from "./cluster.ts";
import { Readiness, ResourceRow } from "./resource.ts";
import { withoutNul } from "./text.ts";

const Reference = z.object({ kind: z.string(), namespace: z.string(), name: z.string() });
export const EdgeRelation = z.enum(EDGE_RELATIONS);

/** Any object a Flux object may refer to or have applied: on one cluster, on every other one, or without both on all. */
export const UsedByQuery = z
  .strictObject({
    cluster: ClusterKey.optional(),
    /** Every cluster but this one. */
    except: ClusterKey.optional(),
    /** Of Flux or not: `GitRepository`, `Secret`, `Deployment`. */
    kind: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/, "is not a Kubernetes kind"),
    /** API group of a kind that is not Flux's, to find what applied it: `apps`; empty for core kinds. */
    group: withoutNul(z.string().max(253)).default(""),
    /** Empty for what lives in no namespace. */
    namespace: withoutNul(z.string().max(253)),
    name: withoutNul(z.string().min(1).max(253)),
    /** 1: who refers to it. More, on one cluster: who waits for those, and so on. */
    depth: z.number().int().min(1).max(5).default(1),
    limit: z.number().int().min(1).max(500).default(100),
    /** As handed out by `nextCursor`. */
    cursor: z.string().max(2048).optional(),
  })
  .refine(({ cluster, depth }) => depth === 1 || cluster !== undefined, {
    path: ["depth"],
    message: "more than 1 needs a cluster",
  })
  .refine(({ cluster, except }) => cluster === undefined || except === undefined, {
    path: ["except"],
    message: "a cluster is either asked for or left out",
  });
export type UsedByQuery = z.infer<typeof UsedByQuery>;
export const UsedBy = z.object({
  /** Where it is, or is referred to; worst first, what is missing before all. Told with the first page only. */
  clusters: z.array(
    z.object({
      clusterId: z.string(),
      clusterSlug: z.string(),
      clusterName: z.string(),
      environment: z.string(),
      stale: z.boolean(),
      /** Null: not there, of a kind that is not watched, or not for this reader. */
      word: Readiness.nullable(),
      revision: z.string().nullable(),
      /** How many objects use it. */
      users: z.number().int(),
    }),
  ),
  /** Nearest first, then worst first. */
  users: z.array(z.object({ row: ResourceRow, relations: z.array(EdgeRelation), depth: z.number().int() })),
  /** Null when these are the last. */
  nextCursor: z.string().nullable(),
});
export type UsedBy = z.infer<typeof UsedBy>;

/**
 * `cause`: waits for nothing itself. `waits`: for another one of the list. `missing`: does not exist. `loop`: for itself in the
 * end. `unwatched`: not a Flux kind. `hidden`: not for this reader.
 */
export const WAIT_STATES = ["cause", "waits", "missing", "loop", "unwatched", "hidden"] as const;
/** What an object waits for, through others, down to the cause; nothing when all of it is Ready. */
export const WaitsFor = z.object({
  waits: z.array(
    z.object({
      ref: Reference,
      state: z.enum(WAIT_STATES),
      word: Readiness.nullable(),
      message: z.string(),
      revision: z.string().nullable(),
      /** Who of the chain waits for it, and as what it is referred to. */
      waiters: z.array(z.object({ ref: Reference, relation: EdgeRelation })),
      /** 1: the object itself waits for it. */
      depth: z.number().int(),
    }),
  ),
  /** The chain goes on beyond what is shown. */
  more: z.boolean(),
});
export type WaitsFor = z.infer<typeof WaitsFor>;
