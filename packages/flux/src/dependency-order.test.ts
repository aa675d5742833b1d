import { expect, test } from "bun:test";
import { dependencyOrder } from "./dependency-order.ts";
import { FLUX_KINDS } from "./kinds.ts";

test("what others depend on comes before them", () => {
  for (const [first, second] of [
    ["GitRepository", "Kustomization"],
    ["OCIRepository", "HelmRelease"],
    ["HelmRepository", "HelmChart"],
    ["HelmChart", "HelmRelease"],
    ["GitRepository", "ArtifactGenerator"],
    ["ArtifactGenerator", "ExternalArtifact"],
    ["ExternalArtifact", "Kustomization"],
    ["ImageRepository", "ImagePolicy"],
    ["ImagePolicy", "ImageUpdateAutomation"],
    ["ResourceSetInputProvider", "ResourceSet"],
    ["Kustomization", "HelmRelease"],
    ["HelmRelease", "Receiver"],
  ] as const)
    expect([first, second, dependencyOrder(first) < dependencyOrder(second)]).toEqual([first, second, true]);
});

test("every source comes before everything that applies", () => {
  const ordersOf = (role: string) =>
    FLUX_KINDS.filter((kind) => kind.role === role).map(({ kind }) => dependencyOrder(kind));
  expect(Math.max(...ordersOf("source"))).toBeLessThan(Math.min(...ordersOf("applier")));
});
