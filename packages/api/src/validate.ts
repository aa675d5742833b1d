import { DomainError, type ErrorCode } from "@flux-orchestrator/contract";
import type { z } from "zod";
import { fieldNames } from "./field-names.ts";
import { unsoundPlace } from "./unsound.ts";

/**
 * Checks an input against its schema. The failure names places and rules, never a value: a refused kubeconfig or token
 * must not come back in an error.
 * @throws DomainError with the declaration's code for the first offending field, or INPUT_INVALID
 */
export function validate<I extends z.ZodType>(
  declaration: { input: I; invalid?: Readonly<Record<string, ErrorCode>> },
  input: unknown,
): z.output<I> {
  const parsed = declaration.input.safeParse(input ?? undefined);
  const unsound = unsoundPlace(input);
  if (parsed.success && unsound === null) return parsed.data;
  const found = [
    ...(parsed.error?.issues ?? []).map((issue) => ({ path: issue.path, message: sentenceOf(issue, input) })),
    ...(unsound === null ? [] : [unsound]),
  ];
  const issues = found.slice(0, 20).map(({ path, message }) => ({ path: pathOf(path, declaration.input), message }));
  const [first] = found;
  const field = String(first?.path[0] ?? "");
  const code =
    declaration.invalid !== undefined && Object.hasOwn(declaration.invalid, field)
      ? declaration.invalid[field]
      : undefined;
  const [shown] = issues;
  const place = shown === undefined || shown.path === "" ? "The input" : shown.path;
  throw new DomainError(code ?? "INPUT_INVALID", `${place}: ${shown?.message ?? "is not valid"}.`, { issues });
}

/** Keys of records are the caller's own text, and may be anything: a `*` stands for them. */
function pathOf(path: readonly PropertyKey[], schema: z.ZodType): string {
  const names = fieldNames(schema);
  return path.map((part) => (typeof part === "number" || names.has(String(part)) ? String(part) : "*")).join(".");
}

/** Zod's own messages quote what was received in places; these do not. */
function sentenceOf(issue: z.core.$ZodIssue, input: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return valueAt(input, issue.path) === undefined ? "is required" : `must be ${article(issue.expected)}`;
    case "unrecognized_keys":
      return "has fields that are not known here";
    case "invalid_value":
      return "is none of the values it can have";
    case "too_small":
      if (issue.minimum === 1 && issue.origin === "string") return "must not be empty";
      return `must be at least ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case "custom":
      return issue.message;
    case "invalid_format":
      return issue.format === "regex"
        ? issue.message.replace(/^Invalid string: must match.*/, "does not have the required form")
        : `is not a valid ${issue.format}`;
    default:
      return "is not valid";
  }
}
const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
/** Zod does not say what it met; only whether there was anything matters. */
const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
const unit = (origin: string): string => (origin === "string" ? " characters" : origin === "array" ? " entries" : "");
