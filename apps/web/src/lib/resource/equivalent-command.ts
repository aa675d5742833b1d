import type { ResourceRow } from "@flux-orchestrator/contract";
import { pluralOf } from "../kind-names.ts";

/** The `flux` command that does the same; empty when the tool has none for this kind. */
export function equivalentCommand(
  action: "reconcile" | "suspend" | "resume",
  row: ResourceRow,
  options: { withSource?: boolean; force?: boolean; reset?: boolean } = {},
): string {
  const flags = [
    options.withSource ? "--with-source" : "",
    options.force ? "--force" : "",
    options.reset ? "--reset" : "",
  ].filter(Boolean);
  return [
    "flux",
    action,
    pluralOf(row.kind).replace(/s$/, ""),
    row.name,
    "-n",
    row.namespace,
    ...flags,
    "--context",
    row.clusterName,
  ].join(" ");
}
