import { DomainError, type ErrorCode } from "@flux-orchestrator/contract";
import type { z } from "zod";

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
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 20).map((issue) => ({ path: pathOf(issue.path), message: sentenceOf(issue) }));
  const first = parsed.error.issues[0];
  const field = String(first?.path[0] ?? "");
  const code = declaration.invalid !== undefined && Object.hasOwn(declaration.invalid, field) ? declaration.invalid[field] : undefined;
  const [shown] = issues;
  const place = shown === undefined || shown.path === "" ? "The input" : shown.path;
  throw new DomainError(code ?? "INPUT_INVALID", `${place}: ${shown?.message ?? "is not valid"}.`, { issues });
}

/** Keys of records are the caller's own text: they are cut, and control characters taken out. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => String(part).replace(/[^\p{L}\p{N}._/-]/gu, "").slice(0, 60)).join(".");

/** Zod's own messages quote what was received in places; these do not. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be ${article(issue.expected)}`;
    case "unrecognized_keys":
      return "has fields that are not known here";
    case "invalid_value":
      return "is none of the values it can have";
    case "too_small":
      return `must be at least ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case "custom":
      return issue.message;
    case "invalid_format":
      return issue.format === "regex" ? issue.message.replace(/^Invalid string: must match.*/, "does not have the required form") : `is not a valid ${issue.format}`;
    default:
      return "is not valid";
  }
}
const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
const unit = (origin: string): string => (origin === "string" ? " characters" : origin === "array" ? " entries" : "");
