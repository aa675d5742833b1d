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
