import { CONTROLLER_STATES, READINESS } from "@flux-orchestrator/flux";
import { z } from "zod";
import { withoutNul } from "./text.ts";

export const ClusterId = z.uuid();
/** DNS-1123 label derived once from the name; what page URLs carry. */
export const ClusterSlug = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
/** Page URLs say the slug, programs the id; operations that name one cluster take either. */
export const ClusterKey = z.string().min(1).max(253);

const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
export const ClusterName = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(253, "must be at most 253 characters")
  .refine((name) => !CONTROL.test(name), "must not contain control or invisible characters")
  .refine((name) => /[\p{L}\p{N}]/u.test(name), "must contain a letter or a digit");

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
/** Kubernetes' own label grammar. */
export const Labels = z
  .record(z.string(), z.string().regex(LABEL_VALUE, "is not a Kubernetes label value"))
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels")
  .refine((labels) => Object.keys(labels).every((key) => LABEL_KEY.test(key)), "a key is not a Kubernetes label key");
export const Environment = z
  .string()
  .trim()
  .max(63)
  .regex(/^[\p{L}\p{N} ._-]*$/u, "letters, digits, space, . _ -");

/** `live`: every served kind is watched. `syncing`: first lists run. `stale`: no living stream; what is shown is old. */
export const STREAM_STATES = ["syncing", "live", "stale", "never", "locked"] as const;
export const StreamState = z.enum(STREAM_STATES);

/** What is wrong with a cluster, in our words; `code` is an error code, or `CONTROLLER_UNAVAILABLE`. */
export const ClusterProblem = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  since: z.iso.datetime(),
});
export type ClusterProblem = z.infer<typeof ClusterProblem>;

/**
 * What a view is true at: the oldest time at which one of its clusters was known to be as shown. Clusters that are stale do
 * not count, for they say so themselves; null when there is no other.
 */
export const ConfirmedAt = z.iso.datetime().nullable();

/** One Flux kind on one cluster. */
export const ClusterKind = z.object({
  group: z.string(),
  kind: z.string(),
  /** The API version in use; null while the kind is not served. */
  version: z.string().nullable(),
  state: z.enum(["watched", "syncing", "absent", "forbidden", "failed"]),
  /** A sentence for `forbidden` and `failed`. */
  detail: z.string().nullable(),
});
export type ClusterKind = z.infer<typeof ClusterKind>;

/** A Flux controller as its Deployment says; a shard of one is another. */
export const ClusterController = z.object({
  namespace: z.string(),
  name: z.string(),
  /** Which controller it runs, as `kustomize-controller`. */
  controller: z.string(),
  version: z.string().nullable(),
  /** Replicas. */
  desired: z.number().int(),
  available: z.number().int(),
  state: z.enum(CONTROLLER_STATES),
  /** Since when the state holds. */
  since: z.iso.datetime(),
  /** The label selector of the objects it looks at; null: all. */
  selector: z.string().nullable(),
  /** The one namespace it looks at; null: all. */
  onlyNamespace: z.string().nullable(),
});
export type ClusterController = z.infer<typeof ClusterController>;

export const Counts = z.record(z.enum(READINESS), z.number().int());
export type Counts = Partial<Record<(typeof READINESS)[number], number>>;

export const CredentialKind = z.enum(["token", "client-certificate", "basic", "exec", "service-account", "none"]);

export const Cluster = z.object({
  id: ClusterId,
  slug: ClusterSlug,
  name: z.string(),
  description: z.string(),
  environment: z.string(),
  labels: z.record(z.string(), z.string()),
  /** `https://host:port[/path]` of the API server. */
  server: z.string(),
  status: z.enum(["healthy", "unhealthy", "unknown"]),
  stream: StreamState,
  /**
   * What is shown is old: no living stream, or nothing confirmed it for three times the interval in which clusters are
   * listed again. Judged when it is read, whatever the process that watched the cluster last said.
   */
  stale: z.boolean(),
  problem: ClusterProblem.nullable(),
  /** TLS verification is off for this cluster: shown for ever. */
  insecureTls: z.boolean(),
  credential: z.object({ kind: CredentialKind, expiresAt: z.iso.datetime().nullable() }),
  kubernetesVersion: z.string().nullable(),
  fluxVersion: z.string().nullable(),
  /** What the objects shown were last known to be true at; null before the first sync. */
  confirmedAt: z.iso.datetime().nullable(),
  lastSeenAt: z.iso.datetime().nullable(),
  /** The worst word among `counts`; null without any. */
  worst: z.enum(READINESS).nullable(),
  /** Objects by word, those that nobody reconciles left out. */
  counts: z.partialRecord(z.enum(READINESS), z.number().int()),
  /** Objects that no controller reconciles now: their word is the last one they were given. */
  unreconciledCount: z.number().int(),
  /** All of them. */
  objectCount: z.number().int(),
  isFavorite: z.boolean(),
  healthCheckIntervalSeconds: z.number().int(),
  /** `in-cluster`: the one this server runs in. */
  source: z.enum(["manual", "azure-aks", "in-cluster"]),
  sourceId: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Cluster = z.infer<typeof Cluster>;

export const CountsByKind = z.array(
  z.object({ group: z.string(), kind: z.string(), counts: z.partialRecord(z.enum(READINESS), z.number().int()) }),
);
export const ClusterDetail = Cluster.extend({
  kinds: z.array(ClusterKind),
  countsByKind: CountsByKind,
  /** The Flux controllers that are known; none when they may not be read. */
  controllers: z.array(ClusterController),
  /** Where the credential may look for them; `unknown` until it was asked. */
  controllersRead: z.enum(["unknown", "forbidden", "namespace", "everywhere"]),
  /** What the credential may do, as features. */
  rights: z.array(
    z.object({
      feature: z.string(),
      allowed: z.enum(["yes", "no", "partly", "unknown"]),
      detail: z.string().nullable(),
    }),
  ),
});
export type ClusterDetail = z.infer<typeof ClusterDetail>;

/** Name, description, environment and labels as set at import; the API server itself never learns of them. */
export const ClusterMeta = z.strictObject({
  name: ClusterName,
  description: withoutNul(z.string().max(4096)).default(""),
  environment: Environment.default(""),
  labels: Labels.default({}),
});

export const RegisterClusterInput = ClusterMeta.extend({
  /** Raw kubeconfig text, YAML or JSON, at most 256 KiB. */
  kubeconfig: z.string(),
  context: z.string().optional(),
  /** Accepts `insecure-skip-tls-verify: true` of the kubeconfig; without it such a file is refused. */
  allowInsecureTls: z.boolean().default(false),
});
export const UpdateClusterInput = z.strictObject({
  cluster: ClusterKey,
  name: ClusterName.optional(),
  description: withoutNul(z.string().max(4096)).optional(),
  environment: Environment.optional(),
  labels: Labels.optional(),
  /** Replaces the stored credential. */
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  allowInsecureTls: z.boolean().optional(),
  healthCheckIntervalSeconds: z.number().int().min(10).max(86_400).optional(),
});
/** Sets the environment and adds, replaces or removes (null) labels on one or many clusters at once. */
export const LabelClustersInput = z.strictObject({
  clusters: z.array(ClusterKey).min(1).max(1000),
  environment: Environment.optional(),
  labels: z.record(z.string().regex(LABEL_KEY), z.string().regex(LABEL_VALUE).nullable()).optional(),
});

/** Clusters to list anew, by id or slug; without them every one that the caller may resync. */
export const ResyncAllInput = z.strictObject({ clusters: z.array(ClusterKey).min(1).max(1000).optional() });
