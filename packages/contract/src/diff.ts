import { DIFFERENCE_KINDS, STUB_REASONS } from "@flux-orchestrator/flux";
import { z } from "zod";

/** One field that is not as its applier has it; values are masked. */
export const Difference = z.object({
  /** As in `spec.template.spec.containers[name=web].image`. */
  path: z.string(),
  /** All but `pending` are drift. */
  difference: z.enum(DIFFERENCE_KINDS),
  /** Absent where nobody knows, or nothing is wanted. */
  desired: z.unknown().optional(),
  /** Absent where there is nothing. */
  actual: z.unknown().optional(),
  /** Who wrote it last, as `managedFields` has it. */
  managers: z
    .array(z.object({ name: z.string(), operation: z.enum(["Apply", "Update"]), at: z.string().nullable() }))
    .readonly(),
});

const Masked = z.record(z.string(), z.unknown());

/** An object as it lives beside what is wanted of it, where that is known. */
export const ObjectDiff = z.object({
  actual: Masked,
  /** Null where nobody knows it. Never taken from the live object. */
  desired: Masked.nullable(),
  desiredFrom: z.enum(["helm-release", "last-applied"]).nullable(),
  /** Why what is wanted of what it applied is not known or, where it applied nothing, of the object itself. */
  notAvailable: z.string().nullable(),
  /** Which Flux object applies it. */
  applier: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }).nullable(),
  differences: z.array(Difference),
  /** Of a Flux object, what it applied: each object with its differences, or why it was not compared. Null where there is nothing, or nobody knows. */
  objects: z
    .array(
      z.object({
        group: z.string(),
        kind: z.string(),
        namespace: z.string(),
        name: z.string(),
        differences: z.array(Difference),
        stub: z.enum(STUB_REASONS).nullable(),
      }),
    )
    .nullable(),
});
export type ObjectDiff = z.infer<typeof ObjectDiff>;
