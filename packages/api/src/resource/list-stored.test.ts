import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { isIn } from "../query/predicate.ts";
import { getStoredResource } from "./get-stored.ts";
import { type LegacyResource, newest } from "./legacy-resource.ts";
import { listStoredResources } from "./list-stored.ts";
import { resourceYaml } from "./yaml.ts";

const fixture = useApi();
const documentOf = (ready: { status: string; message: string } | null, more: object = {}) =>
  JSON.stringify({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "a", namespace: "apps", uid: "1", resourceVersion: "1" },
    status: { conditions: ready === null ? [] : [{ type: "Ready", reason: "R", ...ready }] },
    ...more,
  });

async function allPages(cluster: string, limit: number): Promise<LegacyResource[]> {
  const found: LegacyResource[] = [];
  let after: [string, string, string, string] | undefined;
  for (;;) {
    const page = await fixture.perform(listStoredResources, {
      cluster,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    found.push(...page.resources);
    if (page.next === null) return found;
    after = page.next as typeof after;
  }
}

test("pages visit every object once, by kind, namespace and name", async () => {
  const clusterId = await insertCluster(fixture.database);
  const rows = Array.from({ length: 50 }, (_, index) => ({
    clusterId,
    kind: ["Kustomization", "HelmRelease"][index % 2]!,
    namespace: ["b", "B", "a"][index % 3]!,
    name: `app-${index}`,
  }));
  await storeRows(fixture.database, rows);
  const whole = await allPages(clusterId, 1000);
  const names = whole.map(({ kind, namespace, name }) => `${kind} ${namespace} ${name}`);
  expect(names).toEqual([...names].sort());
  expect(names).toHaveLength(50);
  for (const limit of [1, 7]) expect(await allPages(clusterId, limit)).toEqual(whole);
});

test("the state is the raw Ready condition's, with its own message even while an older failure stands", async () => {
  const clusterId = await insertCluster(fixture.database);
  const cases = [
    { name: "ready", readyStatus: "True", document: documentOf({ status: "True", message: "Applied" }) },
    { name: "failing", readyStatus: "False", document: documentOf({ status: "False", message: "No" }) },
    { name: "trying", readyStatus: "Unknown", document: documentOf({ status: "Unknown", message: "Again" }) },
    { name: "untouched", readyStatus: null, document: documentOf(null) },
  ];
  for (const { document, ...row } of cases)
    await storeRows(fixture.database, [{ clusterId, word: "Failed", message: "the old failure", ...row }], document);
  const { resources } = await fixture.perform(listStoredResources, { cluster: clusterId });
  expect(resources.map(({ name, status, message }) => [name, status, message])).toEqual([
    ["failing", "NotReady", "No"],
    ["ready", "Ready", "Applied"],
    ["trying", "NotReady", "Again"],
    ["untouched", "Unknown", ""],
  ]);
  const one = await fixture.perform(getStoredResource, {
    cluster: clusterId,
    kind: "Kustomization",
    namespace: "apps",
    name: "trying",
  });
  expect(one).toEqual(resources[2]!);
});

test("kinds narrow the list, rights narrow it further", async () => {
  const clusterId = await insertCluster(fixture.database);
  const rows = ["Kustomization", "HelmRelease", "Alert"].map((kind) => ({
    clusterId,
    kind,
    namespace: kind.toLowerCase(),
  }));
  await storeRows(fixture.database, rows);
  const kinds = async (kind: string[] | undefined, actor?: string) =>
    (
      await fixture.perform(listStoredResources, { cluster: clusterId, ...(kind === undefined ? {} : { kind }) }, actor)
    ).resources.map((resource) => resource.kind);
  expect(await kinds(undefined)).toEqual(["Alert", "HelmRelease", "Kustomization"]);
  expect(await kinds(["Alert", "HelmRelease"])).toEqual(["Alert", "HelmRelease"]);
  fixture.rights.give("team", { allows: () => true, sees: isIn("namespace", ["alert"]) });
  expect(await kinds(undefined, "team")).toEqual(["Alert"]);
});

test("what is asked for wrongly is refused by its code", async () => {
  const ask = (input: unknown) => fixture.refusal(listStoredResources, input);
  expect(await ask({ cluster: "nowhere" })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect(await ask({ kind: ["Secret"] })).toMatchObject({ code: "KIND_NOT_SUPPORTED" });
  for (const after of ["x", ["x", "", "", ""], [crypto.randomUUID(), "a\0", "", ""], [crypto.randomUUID()]])
    expect(await ask({ after })).toMatchObject({ code: "CURSOR" });
  fixture.rights.give("guest", allBut("resource.read"));
  expect(await fixture.refusal(listStoredResources, {}, "guest")).toMatchObject({ code: "FORBIDDEN" });
});

test("one object is found by its own cluster alone", async () => {
  const [here, elsewhere] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
  await storeRows(fixture.database, [{ clusterId: here, name: "only" }]);
  const ref = { kind: "Kustomization", namespace: "apps", name: "only" };
  for (const read of [getStoredResource, resourceYaml]) {
    await fixture.perform<typeof read.input, typeof read.output>(read, { cluster: here, ...ref });
    for (const missing of [
      { cluster: elsewhere, ...ref },
      { cluster: here, ...ref, name: "other" },
      { cluster: here, ...ref, kind: "HelmRelease" },
    ])
      expect(await fixture.refusal(read, missing)).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    fixture.rights.give("guest", allBut("resource.read"));
    expect(await fixture.refusal(read, { cluster: here, ...ref }, "guest")).toMatchObject({ code: "FORBIDDEN" });
  }
});

test("YAML is the stored object without our own bookkeeping, and says how much is masked", async () => {
  const clusterId = await insertCluster(fixture.database);
  const document = documentOf(null, {
    spec: { note: "no: yes\n  # not a comment", list: ["0123", true, null] },
    "flux-orchestrator/masked": { "/spec/a": "1", "/spec/b": "2" },
  });
  await storeRows(fixture.database, [{ clusterId, name: "a" }], document);
  const ref = { cluster: clusterId, kind: "Kustomization", namespace: "apps", name: "a" };
  const { yaml, masked } = await fixture.perform(resourceYaml, ref);
  expect(masked).toBe(2);
  const { "flux-orchestrator/masked": _leaves, ...object } = JSON.parse(document);
  expect(Bun.YAML.parse(yaml)).toEqual(object);
});

test("the newest of several times ignores what is no time", () => {
  expect(newest(null, "never", "")).toBeNull();
  expect(newest("2026-01-02T03:04:05Z", null, "2026-01-02T03:04:06.123456789Z", "x")).toBe("2026-01-02T03:04:06.123Z");
});
