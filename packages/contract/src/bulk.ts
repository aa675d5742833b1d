import { z } from "zod";
import { ERROR_STATUS, type ErrorCode } from "./errors.ts";
import { Readiness, ResourceFilter, ResourceRef } from "./resource.ts";

export const BULK_ACTIONS = ["reconcile", "suspend", "resume"] as const;
export const BulkAction = z.enum(BULK_ACTIONS);
export type BulkAction = z.infer<typeof BulkAction>;

/** Objects of one bulk action, those left out included. */
export const BULK_MAX = 5_000;
/** Objects that are named one by one: as much as a request holds. */
const NAMED_MAX = 2_000;
/** Objects that a preview shows of all, and of each reason to leave some out. */
export const BULK_SAMPLE = 20;

/** Which objects: what a list filtered so shows, or these. */
const SELECTION = {
  filter: ResourceFilter.extend({ not: ResourceFilter.omit({ text: true }).optional() }).optional(),
  objects: z.array(ResourceRef).min(1).max(NAMED_MAX).optional(),
};
type Selection = { filter?: unknown; objects?: unknown };
const isOne = ({ filter, objects }: Selection) => (filter === undefined) !== (objects === undefined);
const ONE = { path: ["filter"], message: "or objects must be given, and not both" };

/** What a preview stood for; opaque. Digits of what was to be done, so that a run can say what has changed. */
const BulkToken = z
  .string()
  .max(60_000)
  .regex(/^[A-Za-z0-9_-]+$/, "is no token of a preview");
const RUN = { ...SELECTION, token: BulkToken.optional() };
/** What is named one by one is known; what a filter finds is not, before it was looked at. */
const isPreviewed = ({ filter, token }: Selection & { token?: unknown }) => filter === undefined || token !== undefined;
const PREVIEWED = { path: ["token"], message: "is required with a filter: ask for a preview first" };
const Reason = z.string().trim().max(500).optional();

export const BulkPreviewInput = z.strictObject({ action: BulkAction, ...SELECTION }).refine(isOne, ONE);
export const BulkReconcileInput = z.strictObject(RUN).refine(isOne, ONE).refine(isPreviewed, PREVIEWED);
/** The reason is written beside each suspend, and stands with each activity. */
export const BulkReasonInput = z
  .strictObject({ ...RUN, reason: Reason })
  .refine(isOne, ONE)
  .refine(isPreviewed, PREVIEWED);

const Counts = {
  /** Objects something would be done to. */
  act: z.number().int(),
  /** Objects left out. */
  skip: z.number().int(),
};
/** An object as a preview shows it; `word` is null where nothing is known of it. */
export const BulkObject = z.object({
  /** As it was named, where nothing is known of it. */
  cluster: z.string(),
  clusterName: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  word: Readiness.nullable(),
});
export type BulkObject = z.infer<typeof BulkObject>;

/** What a bulk action would do now. */
export const BulkPreview = z.object({
  action: BulkAction,
  /** Given back to run exactly this. */
  token: BulkToken,
  ...Counts,
  /** By slug. */
  clusters: z.array(z.object({ id: z.string(), slug: z.string(), name: z.string(), ...Counts })),
  /** In the order in which they would be acted on: sources before what applies them. */
  kinds: z.array(z.object({ kind: z.string(), ...Counts })),
  /** The first objects, in the order in which they would begin. */
  sample: z.array(BulkObject),
  /** Why objects would be left out, most frequent reason first. */
  skips: z.array(
    z.object({
      code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      hint: z.string().nullable(),
      count: z.number().int(),
      sample: z.array(BulkObject),
    }),
  ),
});
export type BulkPreview = z.infer<typeof BulkPreview>;
