import { expect, test } from "bun:test";
import { applierBelow, maybeReverted, revertWords, verbsOf } from "./workload-verbs.ts";

const verbs = (group: string, kind: string, stub: "not-found" | null = null) => verbsOf({ group, kind, stub }).join();

test("what runs pods can be restarted, what has replicas scaled; Flux's objects and secrets have their own ways", () => {
  expect(verbs("apps", "Deployment")).toBe("scale,restart,edit");
  expect(verbs("apps", "DaemonSet")).toBe("restart,edit");
  expect(verbs("batch", "CronJob")).toBe("edit");
  expect([
    verbs("", "ConfigMap"),
    verbs("", "Secret"),
    verbs("", "Pod"),
    verbs("kustomize.toolkit.fluxcd.io", "Kustomization"),
  ]).toEqual(["", "", "", ""]);
  expect([verbs("apps", "Deployment", "not-found"), verbs("example.com", "Deployment")]).toEqual(["", ""]);
});

test("who applies an object is the nearest Flux object above it", () => {
  const root = { kind: "Kustomization", namespace: "flux-system", name: "apps" };
  const release = { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease", namespace: "web", name: "web" };
  expect(applierBelow(release, root).kind).toBe("HelmRelease");
  expect(applierBelow({ group: "apps", kind: "Deployment", namespace: "web", name: "web" }, root)).toBe(root);
  expect(revertWords(release)).toContain("upgrade");
  expect(revertWords(root)).toContain("next reconcile");
  expect([maybeReverted(null), maybeReverted({ kind: "Kustomization", namespace: "a", name: "b" })]).toEqual([
    "",
    "Kustomization a/b applies it and may put it back",
  ]);
});
