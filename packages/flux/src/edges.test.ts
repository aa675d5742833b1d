import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { edgesOf, type KubeObject, normalise, parseInventoryId, plainInventoryOf } from "./index.ts";

const objects = gunzipSync(readFileSync(join(import.meta.dir, "../fixtures/4-acted/objects.jsonl.gz")))
  .toString()
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as KubeObject);
const recorded = (kind: string, name: string): KubeObject => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} was recorded`);
  return found;
};
const object = (kind: string, spec: object, status: object = {}): KubeObject =>
  ({
    apiVersion: "example/v1",
    kind,
    metadata: { name: "one", namespace: "team", uid: "u", resourceVersion: "1" },
    spec,
    status,
  }) as KubeObject;
const words = (of: KubeObject) =>
  edgesOf(of).map(({ relation, kind, namespace, name }) => `${relation} ${kind} ${namespace}/${name}`);

test.each<[kind: string, name: string, edges: string[]]>([
  ["Kustomization", "nested", ["applies Kustomization flux-system/child", "source GitRepository flux-system/app"]],
  ["Kustomization", "tenant", ["source GitRepository flux-system/app"]],
  ["Kustomization", "no-decryption", ["secret Secret flux-system/missing-age", "source GitRepository flux-system/app"]],
  [
    "Kustomization",
    "no-substitute",
    ["source GitRepository flux-system/app", "values ConfigMap flux-system/missing-vars"],
  ],
  [
    "Kustomization",
    "waits-for-broken",
    ["dependsOn Kustomization flux-system/broken", "source GitRepository flux-system/app"],
  ],
  [
    "HelmRelease",
    "waits",
    [
      "chart HelmChart flux-system/flux-system-waits",
      "dependsOn HelmRelease flux-system/exhausted",
      "source HelmRepository flux-system/local",
    ],
  ],
  [
    "HelmRelease",
    "no-values",
    [
      "chart HelmChart flux-system/flux-system-no-values",
      "source HelmRepository flux-system/local",
      "values Secret flux-system/missing-values",
    ],
  ],
  ["HelmChart", "alone", ["source HelmRepository flux-system/local"]],
  ["GitRepository", "unsigned", ["secret Secret flux-system/missing-keys"]],
  [
    "Alert",
    "all",
    ["alerts HelmRelease flux-system/*", "alerts Kustomization flux-system/*", "provider Provider flux-system/sink"],
  ],
  ["Receiver", "hook", ["secret Secret flux-system/hook-token", "triggers GitRepository flux-system/app"]],
  ["Bucket", "bucket", []],
])("a recorded %s %s refers to what its spec and inventory name", (kind, name, edges) => {
  expect(words(recorded(kind, name))).toEqual(edges);
});

test("the chart of every recorded HelmRelease is the HelmChart that helm-controller made", () => {
  const releases = objects.filter(({ kind }) => kind === "HelmRelease");
  expect(releases.length).toBeGreaterThan(5);
  for (const release of releases) {
    const chart = edgesOf(release).find(({ relation }) => relation === "chart");
    const made = String(release.status?.["helmChart"] ?? "");
    if (made !== "") expect(`${chart?.namespace}/${chart?.name}`).toBe(made);
    expect(objects.some(({ kind, metadata }) => kind === "HelmChart" && metadata.name === chart?.name)).toBe(
      release.metadata.name !== "frozen",
    );
  }
});

test("kinds that the recording lacks refer to theirs too", () => {
  expect(
    words(object("ArtifactGenerator", { sources: [{ alias: "a", kind: "Bucket", name: "b", namespace: "other" }] })),
  ).toEqual(["source Bucket other/b"]);
  expect(words(object("ImagePolicy", { imageRepositoryRef: { name: "app" } }))).toEqual([
    "source ImageRepository team/app",
  ]);
  expect(
    words(
      object("ImageUpdateAutomation", {
        sourceRef: { kind: "GitRepository", name: "app" },
        git: { commit: { signingKey: { secretRef: { name: "key" } } } },
      }),
    ),
  ).toEqual(["secret Secret team/key", "source GitRepository team/app"]);
  expect(
    words(
      object(
        "ResourceSet",
        {
          dependsOn: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "x" }],
          inputsFrom: [{ name: "tags" }, { selector: { matchLabels: { a: "b" } } }],
        },
        { inventory: { entries: [{ id: "team_one_helm.toolkit.fluxcd.io_HelmRelease", v: "v2" }] } },
      ),
    ),
  ).toEqual([
    "applies HelmRelease team/one",
    "dependsOn Deployment x/web",
    "inputs ResourceSetInputProvider team/tags",
  ]);
});

test("a release of a chartRef has no chart of its own, and one to another cluster applies nothing here", () => {
  expect(words(object("HelmRelease", { chartRef: { kind: "OCIRepository", name: "podinfo" } }))).toEqual([
    "source OCIRepository team/podinfo",
  ]);
  const remote = object(
    "Kustomization",
    { kubeConfig: { secretRef: { name: "remote" } } },
    { inventory: { entries: [{ id: "a_b_helm.toolkit.fluxcd.io_HelmRelease" }, { id: "a_b_apps_Deployment" }] } },
  );
  expect(words(remote)).toEqual(["secret Secret team/remote"]);
  expect(plainInventoryOf(remote)).toEqual([]);
});

test("an object is no edge of itself, a reference counts once, and one by labels or to an impossible name not at all", () => {
  const kustomization = object(
    "Kustomization",
    {
      dependsOn: [
        { name: "one" },
        { name: "two" },
        { name: "two", namespace: "team" },
        { name: "x".repeat(254) },
        {},
        7,
      ],
    },
    { inventory: { entries: [{ id: "team_one_kustomize.toolkit.fluxcd.io_Kustomization" }] } },
  );
  expect(words(kustomization)).toEqual(["dependsOn Kustomization team/two"]);
  const receiver = object("Receiver", { resources: [{ kind: "Bucket", name: "*", matchLabels: { a: "b" } }] });
  expect(words(receiver)).toEqual([]);
});

test("the plain inventory holds what is no Flux object, by the ids its controller wrote", () => {
  for (const applied of objects) {
    const entries = (applied.status?.["inventory"] as { entries?: { id: string }[] } | undefined)?.entries ?? [];
    const plain = entries.map(({ id }) => id).filter((id) => !parseInventoryId(id)?.group.endsWith("fluxcd.io"));
    expect(plainInventoryOf(applied)).toEqual(plain.sort());
  }
  expect(plainInventoryOf(recorded("Kustomization", "app"))).toHaveLength(2);
});

test("a change of what is referred to is news", () => {
  const print = (of: KubeObject) => normalise(of, { hmac: (value) => value }).fingerprint;
  const before = object("Kustomization", { sourceRef: { kind: "GitRepository", name: "a" } });
  const after = object("Kustomization", { sourceRef: { kind: "GitRepository", name: "b" } });
  expect(print(after)).not.toBe(print(before));
});
