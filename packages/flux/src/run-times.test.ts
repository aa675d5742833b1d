import { expect, test } from "bun:test";
import type { KubeObject } from "./object.ts";
import { runTimesOf } from "./run-times.ts";

const at = (clock: string) => Date.parse(`2026-05-01T${clock}Z`);

function kustomization(spec: object, status: object = {}): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "a", namespace: "b", uid: "u", resourceVersion: "1" },
    spec: { ...spec },
    status: { history: [{ lastReconciled: "2026-05-01T10:00:00Z" }], ...status },
  } as unknown as KubeObject;
}

test("the next run is an interval after the last, and overdue after two of them and the timeout", () => {
  expect(runTimesOf(kustomization({ interval: "10m", timeout: "2m" }))).toEqual({
    last: at("10:00:00"),
    next: at("10:10:00"),
    overdue: at("10:22:00"),
  });
});

test("an object that states no timeout gets the five minutes its controller gives it", () => {
  expect(runTimesOf(kustomization({ interval: "1m" }))?.overdue).toBe(at("10:07:00"));
});

test("nothing is due while suspended", () => {
  expect(runTimesOf(kustomization({ interval: "1m", suspend: true }))).toEqual({
    last: at("10:00:00"),
    next: null,
    overdue: null,
  });
});

test("without a trace of a run there is nothing to say", () => {
  expect(runTimesOf(kustomization({ interval: "1m" }, { history: [] }))).toBeNull();
  expect(runTimesOf({ ...kustomization({ interval: "1m" }), kind: "GitRepository" })).toBeNull();
});
