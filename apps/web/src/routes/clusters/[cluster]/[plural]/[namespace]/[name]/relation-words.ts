import type { UsedBy, WaitsFor } from "@flux-orchestrator/contract";

/** What a user has an object for. */
export const USED_AS: Record<UsedBy["users"][number]["relations"][number], string> = {
  source: "as source",
  chart: "as chart",
  dependsOn: "depends on it",
  inputs: "as inputs",
  applies: "applies it",
  values: "for values",
  secret: "as Secret",
  provider: "as provider",
  alerts: "alerts on it",
  triggers: "triggers it",
};

type Wait = WaitsFor["waits"][number];
const STATE: Record<Wait["state"], { word: string; detail: string }> = {
  cause: { word: "", detail: "Root cause" },
  waits: { word: "", detail: "Waits itself" },
  loop: { word: "", detail: "Waits for itself, through others" },
  missing: { word: "Missing", detail: "Root cause: it does not exist" },
  unwatched: { word: "Not known", detail: "Not a Flux kind: its state is not watched" },
  hidden: { word: "Not known", detail: "You may not see it" },
};

/** How an object that is waited for stands, and what that means for the chain. */
export function waitWords(wait: Pick<Wait, "state" | "word" | "message">): { word: string; detail: string } {
  const { word, detail } = STATE[wait.state];
  const said = wait.state === "cause" ? wait.message.trim().split("\n")[0] : "";
  return { word: wait.word ?? word, detail: said ? `${detail}: ${said}` : detail };
}

/**
 * How the object of the same name stands on other clusters: `It is Failed on 1, Ready on 8 of 9 clusters.` Nothing when there is
 * none.
 */
export function elsewhereWords(clusters: readonly Pick<UsedBy["clusters"][number], "word" | "stale">[]): string | null {
  if (clusters.length === 0) return null;
  const words = clusters.map(({ word, stale }) => (word === null ? "not there" : stale ? "stale" : word));
  const counted = [...Map.groupBy(words, (word) => word)].map(
    ([word, { length }]) => `${word} on ${length.toLocaleString("en")}`,
  );
  return `It is ${counted.join(", ")} of ${clusters.length.toLocaleString("en")} ${clusters.length === 1 ? "cluster" : "clusters"}.`;
}
