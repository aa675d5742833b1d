import { LOG_LEVELS, selects } from "@flux-orchestrator/flux";
import { z } from "zod";
import { ClusterKey } from "./cluster.ts";
import { Namespace, ObjectName, ResourceRef } from "./resource.ts";

export const KindName = z
  .string()
  .max(63)
  .regex(/^[A-Z][A-Za-z0-9]*$/, "is not a kind");
const ApiGroup = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$/, "is not an API group");
/** As kinds with the widest rules have it: `system:node` is a ClusterRole. */
const AnyName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/, "is not a Kubernetes object name");

/** Any object of a cluster (id or slug), Flux's or not. */
export const ObjectRef = z.strictObject({
  cluster: ClusterKey,
  kind: KindName,
  /** Needed only where several groups have a kind of this name; `""` is the core group. */
  group: ApiGroup.optional(),
  /** Empty for kinds without one. */
  namespace: Namespace.or(z.literal("")),
  name: AnyName,
});
export type ObjectRef = z.infer<typeof ObjectRef>;

/** What Flux says applies an object; it may put back what somebody changes by hand. */
export const AppliedBy = z.object({
  kind: z.enum(["Kustomization", "HelmRelease"]),
  namespace: z.string(),
  name: z.string(),
});
export type AppliedBy = z.infer<typeof AppliedBy>;

/** More pods than a cluster can have. */
const REPLICAS_MAX = 100_000;
export const ScaleInput = ObjectRef.extend({
  replicas: z.number().int().min(0).max(REPLICAS_MAX),
  /** Scales also what a HorizontalPodAutoscaler scales, which then decides anew. */
  force: z.boolean().default(false),
});
export const Scaled = z.object({
  replicas: z.number().int(),
  /** What was asked for before; null when the kind does not say. */
  before: z.number().int().nullable(),
  appliedBy: AppliedBy.nullable(),
});

export const Restarted = z.object({
  /** What was written as `kubectl.kubernetes.io/restartedAt`. */
  restartedAt: z.iso.datetime(),
  /** Its update strategy is `OnDelete`: each pod is replaced only when it is deleted. */
  onDelete: z.boolean(),
  appliedBy: AppliedBy.nullable(),
});

const SPEC_LEVELS_MAX = 32;
const SPEC_KEYS_MAX = 10_000;
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
/**
 * First-level keys of `spec` with the values that replace theirs, each as a whole; null takes a key away. A value that is still
 * masked stays what it is.
 */
export const SpecChange = z
  .record(z.string(), z.unknown())
  .refine((spec) => sizeOf(spec) !== null, `must have at most ${SPEC_LEVELS_MAX} levels and ${SPEC_KEYS_MAX} keys`)
  .refine((spec) => Object.keys(spec).every((key) => !UNSAFE_KEYS.has(key)), "has a key that no kind has");
/** As `metadata.resourceVersion` was when the object was read; with it the change is refused when it has changed since. */
const ResourceVersion = z.string().min(1).max(128);
export const UpdateResourceInput = ResourceRef.extend({
  spec: SpecChange,
  resourceVersion: ResourceVersion.optional(),
});
export const UpdateObjectInput = ObjectRef.extend({ spec: SpecChange, resourceVersion: ResourceVersion.optional() });
export const UpdatedObject = z.object({
  resourceVersion: z.string(),
  /** First-level keys that differ now. */
  changed: z.array(z.string()),
  appliedBy: AppliedBy.nullable(),
});

/** Keys and entries in all; null past a limit. */
function sizeOf(value: unknown): number | null {
  let count = 0;
  let level: unknown[] = [value];
  for (let levels = 0; level.length > 0; levels++) {
    const below = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    count += below.length;
    if (levels > SPEC_LEVELS_MAX || count > SPEC_KEYS_MAX) return null;
    level = below;
  }
  return count;
}

/** The live object, masked, and how many of its values are. */
export const Manifest = z.object({ object: z.record(z.string(), z.unknown()), masked: z.number().int() });

export const PodRef = ObjectRef.pick({ cluster: true }).extend({ namespace: Namespace, name: ObjectName });
export type PodRef = z.infer<typeof PodRef>;
export const PodContainers = z.array(
  z.object({ name: z.string(), role: z.enum(["regular", "init", "ephemeral"]), image: z.string() }),
);

/** Lines of one log, at most. */
export const LOG_LINES_MAX = 10_000;
const ContainerName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "is not the name of a container");
export const LogLine = z.object({
  /** When it was written, by the clock of its node: RFC 3339 with nanoseconds; null where the node does not say. */
  at: z.string().nullable(),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;
export const PodLogInput = PodRef.extend({
  /** The one that the pod says is its main one, or its first, unless told. */
  container: ContainerName.optional(),
  /** Of the run before the last restart. */
  previous: z.boolean().default(false),
  /** Only what was written since. */
  since: z.iso.datetime().optional(),
  /** The newest lines. */
  tail: z.number().int().min(1).max(LOG_LINES_MAX).default(1000),
});
export const PodLog = z.object({
  container: z.string(),
  /** Oldest first. */
  lines: z.array(LogLine),
  /** There was more than an answer holds: the newest lines are here. */
  truncated: z.boolean(),
});
export const FollowPodLogInput = PodLogInput.omit({ previous: true }).extend({
  /** As the last event's id: what was told before is not told again. */
  lastEventId: z.string().max(64).nullish(),
});
/** Lines as they are written; `end` with the last of them. */
export const PodLogFrame = z.object({
  lines: z.array(LogLine),
  /** `log`: the container has ended. `time`: half an hour is over; open it again to go on. */
  end: z.enum(["log", "time"]).optional(),
});
export type PodLogFrame = z.infer<typeof PodLogFrame>;

export const FleetLogInput = z.strictObject({
  /** Ids or slugs. */
  clusters: z.array(ClusterKey).min(1).max(5000),
  namespace: Namespace.optional(),
  /** As Kubernetes has it: `app=web,tier in (a, b)`. */
  labelSelector: z
    .string()
    .max(1000)
    .refine((selector) => selects(selector, {}) !== null, "is not a Kubernetes label selector")
    .optional(),
  /** The newest lines of each container. */
  tail: z.number().int().min(1).max(LOG_LINES_MAX).default(100),
  since: z.iso.datetime().optional(),
});
export const FleetLogLine = LogLine.extend({
  clusterId: z.string(),
  clusterName: z.string(),
  namespace: z.string(),
  pod: z.string(),
  container: z.string(),
  level: z.enum(LOG_LEVELS).nullable(),
});
export const FleetLog = z.object({
  /** By time, oldest first. */
  lines: z.array(FleetLogLine),
  /** Nothing failed and nothing was left out. */
  complete: z.boolean(),
  /** What could not be read: a cluster's pods, or one container, and why. */
  failures: z.array(
    z.object({
      clusterId: z.string(),
      clusterName: z.string(),
      namespace: z.string().nullable(),
      pod: z.string().nullable(),
      container: z.string().nullable(),
      code: z.string(),
      message: z.string(),
    }),
  ),
  /** What there was too much of, by cluster: pods that were not asked, lines that were dropped, oldest first. */
  leftOut: z.array(
    z.object({ clusterId: z.string(), clusterName: z.string(), pods: z.number().int(), lines: z.number().int() }),
  ),
});
export type FleetLog = z.infer<typeof FleetLog>;
