import type { ComparedObject, Difference } from "./compared-object.ts";

/** How a field differs: as tone, word and what that means. */
export function differenceWords(
  { difference }: Pick<Difference, "difference">,
  { isWantedKnown }: Pick<ComparedObject, "isWantedKnown">,
): { tone: string; word: string; means: string } {
  if (difference === "changed")
    return { tone: "drifted", word: "Changed", means: "Another field manager wrote another value." };
  if (difference === "removed") return { tone: "drifted", word: "Removed", means: "It is not on the cluster." };
  if (difference === "pending")
    return {
      tone: "progressing",
      word: "Pending",
      means:
        "Its applier wrote this value itself: not applied to the end yet, or a webhook answers otherwise. No drift.",
    };
  if (isWantedKnown)
    return {
      tone: "drifted",
      word: "Added",
      means: "What was applied does not have it: another field manager added it.",
    };
  return {
    tone: "drifted",
    word: "Other owner",
    means: "Another field manager owns it. If the source states it, the next reconcile puts it back.",
  };
}

/** How many fields of an object differ: `2 drifted, 1 pending`. */
export function countWords({ differences, drift }: Pick<ComparedObject, "differences" | "drift">): string {
  const pending = differences.length - drift;
  return [...(drift > 0 ? [`${drift} drifted`] : []), ...(pending > 0 ? [`${pending} pending`] : [])].join(", ");
}

/** Who wrote a field last: `kubectl-edit (Update)`. */
export const managerWords = (managers: Difference["managers"]): string =>
  managers.map(({ name, operation }) => `${name} (${operation})`).join(", ");
