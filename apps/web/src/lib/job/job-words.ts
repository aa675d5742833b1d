import type { Job } from "@flux-orchestrator/contract";

const STEPS: readonly Job["state"][] = ["waiting", "running", "cancelling", "ended"];
const doneOf = ({ total, counts }: Job): number => total - counts.waiting - counts.running;

/** How far a job is: `12 of 40, 1 failed`. */
export function jobWords(job: Job): string {
  const { failed, unknown, cancelled } = job.counts;
  const parts = [`${doneOf(job) - cancelled} of ${job.total}`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (unknown > 0) parts.push(`${unknown} unknown`);
  return parts.join(", ");
}

/** Of two tellings, the newer: an answer and the stream may overtake each other, and a job only ever goes on. */
export function takeNewer(known: Job | null, told: Job): Job {
  if (known === null) return told;
  if (known.id !== told.id) return told.submittedAt >= known.submittedAt ? told : known;
  const isOlder = STEPS.indexOf(told.state) < STEPS.indexOf(known.state) || doneOf(told) < doneOf(known);
  return isOlder ? known : told;
}
