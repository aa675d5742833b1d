import { createHash } from "node:crypto";
import { type BulkAction, DomainError } from "@flux-orchestrator/contract";
import type { Planned } from "./plan.ts";

/** Of each object: two of a preview's 5,000 that are alike are as good as impossible, and a token stays below 60 kB. */
const DIGIT_BYTES = 8;
/** Objects that a refusal names. */
const NAMED = 5;

/** Stands for what a preview would do: digits of each object it would act on, in their order. */
export function tokenOf(action: BulkAction, planned: readonly Planned[]): string {
  const digits = actedOn(planned).map((object) => digitsOf(action, object));
  return Buffer.concat([Buffer.from([0]), ...digits]).toString("base64url");
}

/**
 * Refuses to do what was not previewed.
 * @throws DomainError INPUT_INVALID when it is no token of a preview; SELECTION_CHANGED, which says what has changed
 */
export function refuseChanged(action: BulkAction, planned: readonly Planned[], token: string): void {
  const previewed = new Set(digitsIn(token));
  const acted = actedOn(planned);
  const come = acted.filter((object) => !previewed.delete(digitsOf(action, object).toString("base64url")));
  if (come.length === 0 && previewed.size === 0) return;
  const parts = [
    ...(come.length > 0 ? [`${come.length} would be acted on that were not shown (${named(come)})`] : []),
    ...(previewed.size > 0 ? [`${previewed.size} that were shown would not be acted on any more`] : []),
  ];
  throw new DomainError("SELECTION_CHANGED", `Something has changed since the preview: ${parts.join("; ")}.`, {
    hint: "Nothing was done. Look at a new preview and confirm that.",
  });
}

/** How many objects the preview would have acted on. @throws DomainError INPUT_INVALID */
export const countIn = (token: string): number => digitsIn(token).length;

const actedOn = (planned: readonly Planned[]) => planned.filter(({ skip }) => skip === undefined);

function digitsOf(action: BulkAction, { clusterId, kind, namespace, name, uid }: Planned): Buffer {
  const text = [action, clusterId, kind, namespace, name, uid].join("\n");
  return createHash("sha256").update(text).digest().subarray(0, DIGIT_BYTES);
}

function digitsIn(token: string): string[] {
  const bytes = Buffer.from(token, "base64url");
  if (bytes[0] !== 0 || bytes.length % DIGIT_BYTES !== 1)
    throw new DomainError("INPUT_INVALID", "token: is no token of a preview.", {
      hint: "Ask for a preview, and send its token as it was given.",
      issues: [{ path: "token", message: "is no token of a preview" }],
    });
  return Array.from({ length: (bytes.length - 1) / DIGIT_BYTES }, (_, at) =>
    bytes.subarray(1 + at * DIGIT_BYTES, 1 + (at + 1) * DIGIT_BYTES).toString("base64url"),
  );
}

function named(objects: readonly Planned[]): string {
  const names = objects
    .slice(0, NAMED)
    .map(({ kind, namespace, name, cluster }) => `${kind} ${namespace}/${name} on ${cluster}`);
  return [...names, ...(objects.length > NAMED ? [`${objects.length - NAMED} more`] : [])].join(", ");
}
