import { expect, test } from "bun:test";
import type { Job } from "@flux-orchestrator/contract";
import { jobWords, takeNewer } from "./job-words.ts";

const job = (state: Job["state"], counts: Partial<Job["counts"]>, submittedAt = "2026-01-01T00:00:00.000Z"): Job => {
  const all = { waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, unknown: 0, ...counts };
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  return { id: submittedAt, name: "cluster.resyncAll", state, total, counts: all, submittedAt, endedAt: null };
};

test("a job says how far it is and what failed, and does not count what was cancelled as done", () => {
  expect(jobWords(job("running", { succeeded: 11, failed: 1, running: 4, waiting: 24 }))).toBe("12 of 40, 1 failed");
  expect(jobWords(job("ended", { succeeded: 2, cancelled: 3 }))).toBe("2 of 5");
  expect(jobWords(job("ended", { succeeded: 1, unknown: 2 }))).toBe("3 of 3, 2 unknown");
});

test("what overtook an older telling stays", () => {
  const early = job("running", { succeeded: 1, waiting: 2 });
  const late = job("running", { succeeded: 2, waiting: 1 });
  const ended = job("ended", { succeeded: 3 });
  expect(takeNewer(null, early)).toBe(early);
  expect(takeNewer(late, early)).toBe(late);
  expect(takeNewer(early, late)).toBe(late);
  expect(takeNewer(ended, late)).toBe(ended);
  const next = job("waiting", { waiting: 3 }, "2026-01-02T00:00:00.000Z");
  expect(takeNewer(ended, next)).toBe(next);
  expect(takeNewer(next, ended)).toBe(next);
});
