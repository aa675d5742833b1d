import { describe, expect, test } from "bun:test";
import type { Readiness } from "@flux-orchestrator/flux";
import type { z } from "zod";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { dropRows, insertCluster, storeRows } from "../../test/rows.ts";
import { isIn } from "../query/predicate.ts";
import { getStoredResource } from "./get-stored.ts";
import { type LegacyResource, newest } from "./legacy-resource.ts";
import { listStoredResources } from "./list-stored.ts";
import { encodePosition } from "./position.ts";
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

type Query = z.input<typeof listStoredResources.input>;

/** Every page of a query; `between` happens after each but the last. */
async function allPages(query: Query, between: () => Promise<void> = async () => {}): Promise<LegacyResource[]> {
  const found: LegacyResource[] = [];
  for (let cursor: string | undefined; ; await between()) {
    const page = await fixture.perform(listStoredResources, { ...query, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.resources);
    if (page.next === null) return found;
    cursor = page.next;
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
  const whole = await allPages({ of: clusterId, limit: 1000 });
  const names = whole.map(({ kind, namespace, name }) => `${kind} ${namespace} ${name}`);
  expect(names).toEqual([...names].sort());
  expect(names).toHaveLength(50);
  for (const limit of [1, 7]) expect(await allPages({ of: clusterId, limit })).toEqual(whole);
});

describe.each(["key", "name", "cluster", "severity", "changed"] as const)("in the order of %s", (sort) => {
  test.each([false, true])(
    "what does not change is on one page, whatever happens around it (descending: %p)",
    async (descending) => {
      const environment = `walk-${sort}-${descending}`;
      const clusters = [
        await insertCluster(fixture.database, { environment }),
        await insertCluster(fixture.database, { environment }),
      ];
      const rowOf = (nth: number, word: Readiness) => ({
        clusterId: clusters[nth % 2]!,
        kind: ["Kustomization", "HelmRelease", "Bucket"][nth % 3]!,
        namespace: ["b", "B", "a"][nth % 4] ?? "a-b",
        // Names repeat, across kinds and clusters too.
        name: `app-${nth % 9}-${Math.floor(nth / 12)}`,
        word,
        changedAt: new Date(Date.UTC(2026, 0, 1) + (nth % 5) * 1000).toISOString(),
      });
      const names = ({
        clusterId,
        kind,
        namespace,
        name,
      }: {
        clusterId: string;
        kind: string;
        namespace: string;
        name: string;
      }) => [clusterId, kind, namespace, name].join(" ");
      // Every third changes, goes or comes while the list is read.
      const quiet = Array.from({ length: 36 }, (_, nth) => nth).filter((nth) => nth % 3 !== 2);
      const restless = Array.from({ length: 36 }, (_, nth) => nth).filter((nth) => nth % 3 === 2);
      await storeRows(
        fixture.database,
        quiet.map((nth) => rowOf(nth, nth % 7 === 0 ? "Failed" : "Ready")),
      );
      const still = new Set((await allPages({ environment: [environment], limit: 1000 })).map(names));
      expect(still.size).toBe(quiet.length);
      const ids = await storeRows(
        fixture.database,
        restless.slice(0, 6).map((nth) => rowOf(nth, "Ready")),
      );
      for (const filter of [
        {},
        { readiness: ["Ready", "Failed"] as Readiness[] },
        { namespace: ["a", "b"] },
        { text: "app-1" },
      ]) {
        const query = { ...filter, environment: [environment], sort, descending };
        const whole = (await allPages({ ...query, limit: 1000 })).map(names).filter((name) => still.has(name));
        for (const limit of [3, 10]) {
          let step = 0;
          const seen = await allPages({ ...query, limit }, async () => {
            const nth = restless[step++ % restless.length]!;
            if (step % 3 === 0) await dropRows(fixture.database, ids.splice(0, 1));
            else ids.push(...(await storeRows(fixture.database, [rowOf(nth, step % 2 === 0 ? "Stalled" : "Ready")])));
          });
          expect(seen.map(names).filter((name) => still.has(name))).toEqual(whole);
        }
      }
    },
  );
});

test("what is not counted as few is walked in the order of keys, and none is missing", async () => {
  const environment = "walked";
  const clusters = [
    await insertCluster(fixture.database, { environment }),
    await insertCluster(fixture.database, { environment }),
  ];
  const rows = Array.from({ length: 1_600 }, (_, nth) => ({
    clusterId: clusters[nth % 2]!,
    kind: ["Kustomization", "HelmRelease"][Math.floor(nth / 2) % 2]!,
    namespace: `team-${nth % 3}`,
    name: `app-${Math.floor(nth / 4)}`,
    word: (nth % 5 === 0 ? "Failed" : "Ready") as Readiness,
  }));
  await storeRows(fixture.database, rows);
  const keyOf = ({ clusterId, kind, namespace, name }: (typeof rows)[number]) =>
    [clusterId, kind, namespace, name].join(" ");
  for (const [filter, isIn] of [
    [{ readiness: ["Ready"] }, ({ word }) => word === "Ready"],
    [{ namespace: ["team-1", "team-2"] }, ({ namespace }) => namespace !== "team-0"],
  ] as [Partial<Query>, (row: (typeof rows)[number]) => boolean][]) {
    const expected = [...new Set(rows.filter(isIn).map(keyOf))].sort();
    const seen = await allPages({ ...filter, environment: [environment], limit: 400 });
    expect(seen.map((row) => keyOf(row as never))).toEqual(expected);
    const turned = await allPages({ ...filter, environment: [environment], limit: 400, descending: true });
    expect(turned.map((row) => keyOf(row as never))).toEqual(expected.toReversed());
  }
});

test("documents that nobody asks for are not read", async () => {
  const clusterId = await insertCluster(fixture.database);
  await storeRows(fixture.database, [{ clusterId }], documentOf({ status: "True", message: "Applied" }));
  const [whole] = await allPages({ of: clusterId });
  const [bare] = await allPages({ of: clusterId, documents: false });
  expect(bare).toEqual({ ...whole!, document: "{}", message: "" });
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
  const { resources } = await fixture.perform(listStoredResources, { of: clusterId });
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

test("what is read without parsing is what the document says, masked or not, whatever else stands in it", async () => {
  const clusterId = await insertCluster(fixture.database);
  const message = 'Applied "main" \\ é ⟦masked⟧\tnow';
  const times = { createdAt: "2025-12-31T23:59:59.999Z", updatedAt: "2026-01-02T03:04:05.007Z" };
  const masked = { "flux-orchestrator/masked": { "/spec/a": "1" } };
  const cases: { name: string; message: string; ready: string; subState?: string; more?: Record<string, unknown> }[] = [
    { name: "as-told", message, ready: message },
    { name: "another", message: "another's", ready: message },
    { name: "masked", message, ready: message, more: masked },
    {
      name: "quoting",
      message,
      ready: message,
      more: { spec: { a: ',"flux-orchestrator/masked":{"b":"c"}}' }, ...masked },
    },
    { name: "nesting", message, ready: message, more: { spec: { a: 1, ...masked }, ...masked } },
    { name: "first", message, ready: message, more: { ...masked, spec: { a: "}}" } } },
    { name: "empty", message: "", ready: "" },
    { name: "old", message: "before", ready: message, subState: "reconciling" },
  ];
  for (const { ready, more, ...row } of cases)
    await storeRows(
      fixture.database,
      [{ clusterId, readyStatus: "True", ...times, ...row }],
      documentOf({ status: "True", message: ready }, more),
    );
  for (const { name, ready, more } of cases) {
    const ref = { cluster: clusterId, kind: "Kustomization", namespace: "apps", name };
    const one = await fixture.perform(getStoredResource, ref);
    expect(one).toMatchObject({ name, message: ready, status: "Ready", ...times });
    const { "flux-orchestrator/masked": _leaves, ...rest } = more ?? {};
    expect(one.document).toBe(documentOf({ status: "True", message: ready }, rest));
  }
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
      await fixture.perform(listStoredResources, { of: clusterId, ...(kind === undefined ? {} : { kind }) }, actor)
    ).resources.map((resource) => resource.kind);
  expect(await kinds(undefined)).toEqual(["Alert", "HelmRelease", "Kustomization"]);
  expect(await kinds(["Alert", "HelmRelease"])).toEqual(["Alert", "HelmRelease"]);
  fixture.rights.give("team", { allows: () => true, sees: isIn("namespace", ["alert"]) });
  expect(await kinds(undefined, "team")).toEqual(["Alert"]);
});

test("what is asked for wrongly is refused by its code", async () => {
  const ask = (input: unknown) => fixture.refusal(listStoredResources, input);
  expect(await ask({ of: "nowhere" })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect(await ask({ kind: ["Secret"] })).toMatchObject({ code: "KIND_NOT_SUPPORTED" });
  for (const cursor of ["x", "", encodePosition(["x", "", "", ""]), "a".repeat(3000)])
    expect(await ask({ cursor })).toMatchObject({ code: "CURSOR" });
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
