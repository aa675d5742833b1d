/** Our summary of an object's state in one word, in the order in which they are decided; see docs/architecture.md, "Settled readiness". */
export const READINESS = [
  "Terminating",
  "Suspended",
  "Static",
  "Stalled",
  "Blocked",
  "Failed",
  "Retrying",
  "Progressing",
  "Drifted",
  "Ready",
  "Unknown",
] as const;
export type Readiness = (typeof READINESS)[number];

/** How much a word wants a person: higher is worse. Sorting by it puts the worst first. */
export const SEVERITY: Record<Readiness, number> = {
  Stalled: 100,
  Failed: 90,
  Blocked: 60,
  Retrying: 50,
  Drifted: 40,
  Unknown: 35,
  Terminating: 30,
  Progressing: 20,
  Suspended: 15,
  Static: 5,
  Ready: 0,
};

/** Whoever depends on an object with one of these does not wait for it. */
export const HEALTHY: ReadonlySet<Readiness> = new Set(["Ready", "Static", "Drifted"]);

/** Sub-state of an object whose runs stopped: two intervals and a timeout went by without one. */
export const OVERDUE = "overdue";
/** Sub-state of an object that is being deleted for longer than finalizers take. */
export const TERMINATING_LONG = "for long";

/** Where the sub-state says that something hangs, an object wants a person more than its word does. */
const HANGING: Partial<Record<Readiness, number>> = { Ready: 32, Terminating: 55 };

/** How much an object wants a person. No two words share a severity, so that the severity tells the word. */
export function severityOf(word: Readiness, subState: string | null): number {
  const hangs = subState === OVERDUE || subState?.startsWith(TERMINATING_LONG) === true;
  return (hangs ? HANGING[word] : undefined) ?? SEVERITY[word];
}

/** Every severity an object of a word can have. */
export const severitiesOf = (word: Readiness): number[] => [SEVERITY[word], HANGING[word] ?? []].flat();
