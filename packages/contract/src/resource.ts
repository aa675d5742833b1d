import { KIND_NAMES, READINESS } from "@flux-orchestrator/flux";
import { z } from "zod";
import { ClusterKey, ConfirmedAt } from "./cluster.ts";

export const Readiness = z.enum(READINESS);
export const FluxKindName = z.enum(KIND_NAMES);

const DNS1123_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
export const ObjectName = z.string().max(253).regex(DNS1123_SUBDOMAIN, "is not a Kubernetes object name");
export const Namespace = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "is not a Kubernetes namespace");

/** Cluster (id or slug), kind, namespace and name of a Flux object. */
export const ResourceRef = z.strictObject({
  cluster: ClusterKey,
  kind: FluxKindName,
  namespace: Namespace,
  name: ObjectName,
});
export type ResourceRef = z.infer<typeof ResourceRef>;

const Reference = z.object({ kind: z.string(), namespace: z.string(), name: z.string() });
export const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string().nullable(),
  observedGeneration: z.number().nullable(),
});

/** One line of a list. Times are ISO 8601 UTC. */
export const ResourceRow = z.object({
  /** Decimal string of a 64-bit number. */
  id: z.string(),
  clusterId: z.string(),
  clusterSlug: z.string(),
  clusterName: z.string(),
  environment: z.string(),
  /** What is shown of the cluster is old: the word is what it was. */
  stale: z.boolean(),
  /** Why no controller reconciles it now, as `kustomize-controller is down`: the word is the last it was given. Null: one does. */
  unreconciled: z.string().nullable(),
  group: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  word: Readiness,
  /** What stands beside the word: `retrying now`, `was Failed`, `not picked up`, … */
  subState: z.string().nullable(),
  reason: z.string().nullable(),
  message: z.string(),
  /** Applied (or stored, for a source) revision, verbatim. */
  revision: z.string().nullable(),
  attemptedRevision: z.string().nullable(),
  suspended: z.boolean(),
  suspendedBy: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  /** Since when the word holds. */
  since: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type ResourceRow = z.infer<typeof ResourceRow>;

export const SORTS = ["severity", "name", "cluster", "changed"] as const;
/** `key` (has the label), `key=value`, or `!key` (does not have it). */
export const LabelSelector = z
  .string()
  .max(400)
  .regex(/^!?[^!=\s]+$|^[^!=\s]+=[^=\s]*$/, "is not a label: write key, key=value or !key");
/** What can be counted for a query: how many objects there would be for each value of a field. */
export const FACETS = ["readiness", "kind", "namespace", "cluster", "environment"] as const;
export type FacetField = (typeof FACETS)[number];

/** Repeated values are alternatives; different fields must all match. `not` holds the same fields, negated. */
export const ResourceFilter = z.strictObject({
  kind: z.array(FluxKindName).max(30).optional(),
  readiness: z.array(Readiness).max(11).optional(),
  namespace: z.array(z.string().max(253)).max(100).optional(),
  /** Ids or slugs. */
  cluster: z.array(ClusterKey).max(1000).optional(),
  environment: z.array(z.string().max(63)).max(50).optional(),
  /** Values of one key are alternatives, different keys must all match. */
  label: z.array(LabelSelector).max(50).optional(),
  /** How the revision begins (`main@sha1:5d5c4c1`, `6.5.0`), or how its commit or digest does (`5d5c4c1`). */
  revision: z.array(z.string().min(1).max(253)).max(50).optional(),
  /**
   * Substring of namespace/name, or of the message of an object that is not Ready; A to Z match either case. Fewer than
   * three characters match only how the namespace or the name begins.
   */
  text: z.string().max(200).optional(),
});
export type ResourceFilter = z.infer<typeof ResourceFilter>;
export const ResourceQuery = ResourceFilter.extend({
  not: ResourceFilter.omit({ text: true }).optional(),
  sort: z.enum(SORTS).default("severity"),
  descending: z.boolean().default(false),
  limit: z.number().int().min(1).max(200).default(100),
  /** What is counted besides. Whoever asks for the rest of a list needs nothing counted, and says so by an empty list. */
  facets: z.array(z.enum(FACETS)).max(FACETS.length).default(["readiness", "kind"]),
  /** As handed out by `nextCursor`. */
  cursor: z.string().max(2048).optional(),
});
export type ResourceQuery = z.infer<typeof ResourceQuery>;
/** A value with the objects it would give; a cluster is named by its slug. */
export const Facet = z.object({ value: z.string(), count: z.number().int(), more: z.boolean() });
export const ResourcePage = z.object({
  rows: z.array(ResourceRow),
  nextCursor: z.string().nullable(),
  /**
   * Rows that match. A search by text, label or revision is counted to 1,000, and `more` says there are others. Null where
   * nothing is to be counted: for such a search without facets, and for the rest of a list, whose first page said it.
   */
  total: z.object({ count: z.number().int(), more: z.boolean() }).nullable(),
  /** The most frequent values of each field that was asked for, at most 50 of them. */
  facets: z.object({
    readiness: z.array(Facet),
    kind: z.array(Facet),
    namespace: z.array(Facet),
    cluster: z.array(Facet),
    environment: z.array(Facet),
  }),
  /** Feed cursor this page is true at: a stream opened with it misses nothing. */
  cursor: z.string(),
  confirmedAt: ConfirmedAt,
});
export type ResourcePage = z.infer<typeof ResourcePage>;

export const RECONCILE_OUTCOMES = [
  "ready",
  "failed",
  "timed-out",
  "superseded",
  "suspended",
  "deleted",
  "unknown",
] as const;
/** A reconcile that is being followed or has ended. */
export const ReconcileRun = z.object({
  id: z.string(),
  /** What was written as requestedAt. */
  token: z.string(),
  clusterId: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  phase: z.enum(["requested", "handled", "ended"]),
  outcome: z.enum(RECONCILE_OUTCOMES).nullable(),
  message: z.string(),
  /** The chain in order: sources first, the object last. */
  steps: z.array(
    z.object({
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      state: z.enum(["waiting", "requested", "handled", "ready", "failed", "skipped"]),
    }),
  ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type ReconcileRun = z.infer<typeof ReconcileRun>;

export const ReconcileInput = ResourceRef.extend({
  withSource: z.boolean().default(false),
  /** HelmRelease and ResourceSetInputProvider only. */
  force: z.boolean().default(false),
  /** HelmRelease only. */
  reset: z.boolean().default(false),
  /** What is written as requestedAt; made up unless told. A request that is repeated with the same one is made once. */
  token: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/, "is not RFC 3339 in UTC with nanoseconds")
    .optional(),
});
const Reason = z.string().trim().max(500).optional();
export const SuspendInput = ResourceRef.extend({ reason: Reason });
/** The reason stands with the activity. */
export const ResumeInput = ResourceRef.extend({ reason: Reason });

/** The parent that would revert a suspend, found in managedFields and inventory. */
export const RevertWarning = z.object({ parent: Reference, ownsSuspend: z.boolean(), message: z.string() });

export const Transition = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  from: Readiness.nullable(),
  to: Readiness.nullable(),
  reason: z.string().nullable(),
  message: z.string(),
  revision: z.string().nullable(),
});

export const ResourceDetail = z.object({
  row: ResourceRow,
  apiVersion: z.string(),
  generation: z.number().nullable(),
  observedGeneration: z.number().nullable(),
  conditions: z.array(Condition),
  /** The sentence that says why; null when there is nothing to explain. */
  why: z.string().nullable(),
  source: z
    .object({
      ref: Reference,
      word: Readiness.nullable(),
      revision: z.string().nullable(),
      /** our revision is older than the source's */ behind: z.boolean(),
    })
    .nullable(),
  dependsOn: z.array(z.object({ ref: Reference, word: Readiness.nullable() })),
  /** The Kustomization or HelmRelease that applies this object. */
  owner: Reference.nullable(),
  inventory: z.array(
    z.object({ namespace: z.string(), name: z.string(), group: z.string(), kind: z.string(), version: z.string() }),
  ),
  intervalSeconds: z.number().nullable(),
  timeoutSeconds: z.number().nullable(),
  lastRunAt: z.iso.datetime().nullable(),
  nextRunAt: z.iso.datetime().nullable(),
  overdue: z.boolean(),
  /** The other cluster it applies to, in words: what is in its inventory is there. Null: the one it stands in. */
  remoteCluster: z.string().nullable(),
  /** Spec in words: label and text, ready to show. */
  facts: z.array(z.object({ label: z.string(), value: z.string(), mono: z.boolean() })),
  suspend: z
    .object({ by: z.string().nullable(), reason: z.string().nullable(), until: z.string().nullable() })
    .nullable(),
  revert: RevertWarning.nullable(),
  can: z.object({
    reconcile: z.boolean(),
    suspend: z.boolean(),
    resume: z.boolean(),
    force: z.boolean(),
    reset: z.boolean(),
    withSource: z.boolean(),
    /** Why not, when not. */ reason: z.string().nullable(),
  }),
  runs: z.array(ReconcileRun),
  transitions: z.array(Transition),
  /** Whether this was read from the cluster just now, or is the stored state. */
  live: z.boolean(),
  confirmedAt: z.iso.datetime().nullable(),
});
export type ResourceDetail = z.infer<typeof ResourceDetail>;

/** The stored, masked object as YAML. */
export const ResourceYaml = z.object({ yaml: z.string(), masked: z.number().int() });
