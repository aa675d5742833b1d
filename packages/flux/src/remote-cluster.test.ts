import { expect, test } from "bun:test";
import type { KubeObject } from "./object.ts";
import { remoteClusterOf } from "./remote-cluster.ts";
import { specFacts } from "./spec-facts.ts";

const kustomization = (spec: Record<string, unknown>): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "apps", namespace: "flux-system", uid: "1", resourceVersion: "1" },
  spec,
});

test("an object that applies to another cluster says which", () => {
  const words = "the cluster of Secret prod-kubeconfig";
  const remote = kustomization({ kubeConfig: { secretRef: { name: "prod-kubeconfig", key: "value" } } });
  expect(remoteClusterOf(remote)).toBe(words);
  expect(specFacts(remote)).toContainEqual({ label: "Applies to", value: words, mono: false });
  expect(remoteClusterOf(kustomization({ kubeConfig: { configMapRef: { name: "workload-identity" } } }))).toBe(
    "the cluster of ConfigMap workload-identity",
  );
  expect(remoteClusterOf(kustomization({ kubeConfig: {} }))).toBe("another cluster, by spec.kubeConfig");
});

test("one that applies to its own cluster says nothing", () => {
  expect(remoteClusterOf(kustomization({}))).toBeNull();
  expect(specFacts(kustomization({})).map(({ label }) => label)).not.toContain("Applies to");
});
