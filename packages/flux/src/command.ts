import { fluxKind } from "./kinds.ts";
import type { ObjectRef } from "./object.ts";

/** The flux CLI command that does the same; empty when the CLI has none for the kind. */
export function fluxCommand(
  action: "reconcile" | "suspend" | "resume",
  ref: ObjectRef,
  options: { withSource?: boolean; force?: boolean; reset?: boolean; context?: string } = {},
): string {
  const kind = fluxKind(ref.kind);
  if (kind?.cli == null) return "";
  const flags =
    action === "reconcile"
      ? [options.withSource && "--with-source", options.force && "--force", options.reset && "--reset"]
      : [];
  const context = options.context === undefined ? [] : ["--context", shellWord(options.context)];
  return [
    "flux",
    action,
    kind.cli,
    ref.name,
    "-n",
    ref.namespace,
    ...flags.filter((flag) => typeof flag === "string"),
    ...context,
  ].join(" ");
}

/** A word as a POSIX shell reads it as one. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
