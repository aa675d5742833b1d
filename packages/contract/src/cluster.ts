import { READINESS } from "@flux-orchestrator/flux";
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

/** Why a cluster cannot be read, in our words; `code` is an error code. */
export const ClusterProblem = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  since: z.iso.datetime(),
});
export type ClusterProblem = z.infer<typeof ClusterProblem>;

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

export const Counts = z.record(z.enum(READINESS), z.number().int());
export type Counts = Partial<Record<(typeof READINESS)[number], number>>;

export const CredentialKind = z.enum(["token", "client-certificate", "basic", "exec", "none"]);

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
  problem: ClusterProblem.nullable(),
  /** TLS verification is off for this cluster: shown for ever. */
  insecureTls: z.boolean(),
  credential: z.object({ kind: CredentialKind, expiresAt: z.iso.datetime().nullable() }),
  kubernetesVersion: z.string().nullable(),
  fluxVersion: z.string().nullable(),
  /** What the objects shown were last known to be true at; null before the first sync. */
  confirmedAt: z.iso.datetime().nullable(),
  lastSeenAt: z.iso.datetime().nullable(),
  /** The worst word among its objects; null without objects. */
  worst: z.enum(READINESS).nullable(),
  counts: z.partialRecord(z.enum(READINESS), z.number().int()),
  objectCount: z.number().int(),
  isFavorite: z.boolean(),
  healthCheckIntervalSeconds: z.number().int(),
  source: z.enum(["manual", "azure-aks"]),
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
