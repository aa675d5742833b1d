import { expect, test } from "bun:test";
import { seededObjects } from "./seeded-objects.ts";

const API_VERSIONS = {
  Kustomization: "kustomize.toolkit.fluxcd.io/v1",
  HelmRelease: "helm.toolkit.fluxcd.io/v2",
  HelmChart: "source.toolkit.fluxcd.io/v1",
  HelmRepository: "source.toolkit.fluxcd.io/v1",
  GitRepository: "source.toolkit.fluxcd.io/v1",
};
const seeded = (count: number, seed: number) =>
  seededObjects({ count, seed, apiVersions: API_VERSIONS, nowMs: Date.parse("2026-01-01T00:00:00Z") });

test("the same seed gives the same objects", () => {
  expect(seeded(200, 3)).toEqual(seeded(200, 3));
});

test("another seed gives other objects", () => {
  expect(seeded(200, 4)).not.toEqual(seeded(200, 3));
});

test("as many as asked for, no two of the same name", () => {
  for (const count of [0, 1, 7, 500]) {
    const names = seeded(count, 1).map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
    expect(new Set(names).size).toBe(count);
  }
});

test("kinds the cluster does not serve are left out", () => {
  expect(new Set(seeded(200, 3).map(({ kind }) => kind))).toEqual(new Set(Object.keys(API_VERSIONS)));
});

test("what waits for a dependency names one that is not ready", () => {
  const objects = seeded(300, 5);
  const waiting = objects.filter(({ spec }) => spec.dependsOn !== undefined);
  expect(waiting.length).toBeGreaterThan(0);
  for (const { kind, metadata, spec } of waiting) {
    const [on] = spec.dependsOn;
    const blocker = objects.find(
      (object) =>
        object.kind === kind &&
        object.metadata.name === on.name &&
        object.metadata.namespace === (on.namespace ?? metadata.namespace),
    );
    expect(["Failed", "Stalled", "Progressing", "Retrying"]).toContain(
      blocker?.metadata.labels?.["flux-orchestrator/seeded"] ?? "missing",
    );
  }
});
