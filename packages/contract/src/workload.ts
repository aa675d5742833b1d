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
