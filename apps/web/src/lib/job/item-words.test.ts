import { expect, test } from "bun:test";
import type { Job } from "@flux-orchestrator/contract";
import { bulkActionOf, jobTitle } from "../bulk/bulk-words.ts";
import { jobState, objectOf, STATES_SHOWN, stateWords } from "./item-words.ts";

const NONE = { waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, unknown: 0 };
const stateOf = (state: Job["state"], counts: Partial<Job["counts"]> = {}) =>
  jobState({ state, total: 4, counts: { ...NONE, ...counts } }).word;

test("a run is called by what it does to how many", () => {
  expect(jobTitle({ name: "bulk.suspend", total: 1 })).toBe("Suspend 1 object");
  expect(jobTitle({ name: "cluster.resyncAll", total: 1200 })).toBe("Resync 1,200 clusters");
  expect(jobTitle({ name: "later.invented", total: 2 })).toBe("later.invented");
  expect(["bulk.reconcile", "bulk.constructor", "cluster.resyncAll"].map((name) => bulkActionOf({ name }))).toEqual([
    "reconcile",
    null,
    null,
  ]);
});

test("a run that ended says the worst of how it ended", () => {
  expect(stateOf("ended", { succeeded: 3, skipped: 1 })).toBe("Ended");
  expect(stateOf("ended", { succeeded: 3, failed: 1, cancelled: 0 })).toBe("Ended with failures");
  expect(stateOf("ended", { failed: 4 })).toBe("Failed");
  expect(stateOf("ended", { succeeded: 1, unknown: 3 })).toBe("Ended, some unknown");
  expect(stateOf("ended", { succeeded: 1, cancelled: 3 })).toBe("Cancelled");
  expect(stateOf("cancelling")).toBe("Cancelling");
});

test("an item of a reconcile was requested, which is not its outcome", () => {
  expect(stateWords({ name: "bulk.reconcile" }, "succeeded").word).toBe("Requested");
  expect(stateWords({ name: "cluster.resyncAll" }, "succeeded").word).toBe("Done");
  expect(new Set(STATES_SHOWN).size).toBe(Object.keys(NONE).length);
});

test("an item leads to the Flux object its title names", () => {
  expect(objectOf({ title: "Kustomization flux-system/apps" })).toEqual({
    kind: "Kustomization",
    namespace: "flux-system",
    name: "apps",
  });
  expect([objectOf({ title: "prod-eu-1" }), objectOf({ title: "Deployment web/web" })]).toEqual([null, null]);
});
