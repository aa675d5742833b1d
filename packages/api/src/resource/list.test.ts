import { beforeAll, describe, expect, test } from "bun:test";
import { FACETS, type FacetField, type ResourcePage, type ResourceQuery, SORTS } from "@flux-orchestrator/contract";
import { READINESS, SEVERITY } from "@flux-orchestrator/flux";
import type { z } from "zod";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { dropRows, insertCluster, storeRows } from "../../test/rows.ts";
import { isIn } from "../query/predicate.ts";
import { listResources } from "./list.ts";

const fixture = useApi();
type Query = z.input<typeof ResourceQuery>;

const clusterIds: string[] = [];
const KINDS = ["Kustomization", "HelmRelease", "GitRepository"] as const;
const COUNT = 260;

beforeAll(async () => {
  for (const [index, environment] of ["prod", "prod", "dev"].entries())
    clusterIds.push(await insertCluster(fixture.database, { name: `list-${index}`, environment }));
  const rows = Array.from({ length: COUNT }, (_, index) => ({
    clusterId: clusterIds[index % 3]!,
    kind: KINDS[index % 2]!,
    namespace: `team-${index % 5}`,
    // Names are equal across clusters, words and times across objects: only the id tells them apart.
    name: `app-${Math.floor(index / 15)}`,
    word: READINESS[index % READINESS.length]!,
    message: index % 4 === 0 ? "could not fetch" : "fine",
    revision: index % 6 === 0 ? null : `main@sha1:${(index % 6).toString().repeat(8)}`,
    labels: { team: `t${index % 4}`, ...(index % 3 === 0 ? { tier: "web" } : {}) },
    changedAt: new Date(Date.UTC(2026, 0, 1) + (index % 7) * 1000).toISOString(),
  }));
  await storeRows(fixture.database, rows);
});

/** Every page of a query; `between` happens after each. */
async function allPages(query: Query, between: (page: number) => Promise<void> = async () => {}) {
  const rows: ResourcePage["rows"] = [];
  let cursor: string | undefined;
  for (let number = 0; ; number++) {
    const page = await fixture.perform(listResources, { ...query, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.rows);
    if (page.nextCursor === null) return rows;
    cursor = page.nextCursor;
    await between(number);
  }
}
const inClusters = (): Query => ({ cluster: [...clusterIds] });

describe.each(["severity", "name", "cluster", "changed"] as const)("sorted by %s", (sort) => {
  describe.each([false, true])("descending: %p", (descending) => {
    test("pages visit every row once, in the order of one long page, whatever its length", async () => {
      const whole = await allPages({ ...inClusters(), sort, descending, limit: 200 });
      expect(whole).toHaveLength(COUNT);
      expect(new Set(whole.map(({ id }) => id)).size).toBe(COUNT);
      // As a list that is scrolled asks: what there is was counted with its first page.
      for (const limit of [1, 37]) {
        const paged = await allPages({ ...inClusters(), sort, descending, limit, facets: [] });
        expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
      }
    });

    test("rows that stay as they are are visited once while others come, change and go", async () => {
      const clusterId = await insertCluster(fixture.database);
      const row = (name: string, word: (typeof READINESS)[number] = "Ready") => ({ clusterId, name, word });
      const names = Array.from({ length: 40 }, (_, index) => `stays-${index}`);
      await storeRows(
        fixture.database,
        names.map((name, index) => row(name, READINESS[index % READINESS.length])),
      );
      let going = await storeRows(fixture.database, [row("aaa"), row("zzz"), row("moves")]);
      const visited = await allPages({ cluster: [clusterId], sort, descending, limit: 7 }, async (page) => {
        const [aaa, zzz] = going as [string, string];
        await dropRows(fixture.database, [aaa, zzz]);
        going = await storeRows(fixture.database, [
          row("aaa", page % 2 === 0 ? "Failed" : "Ready"),
          row("zzz", "Stalled"),
          { ...row("moves", page % 2 === 0 ? "Stalled" : "Ready"), changedAt: new Date().toISOString() },
        ]);
      });
      const stayed = visited.map(({ name }) => name).filter((name) => name.startsWith("stays-"));
      expect(stayed.sort()).toEqual([...names].sort());
    });
  });
});

describe("more rows than are sorted at once", () => {
  const many: string[] = [];
  beforeAll(async () => {
    for (const name of ["walk-a", "walk-b"]) many.push(await insertCluster(fixture.database, { name }));
    const rows = Array.from({ length: 1300 }, (_, index) => ({
      clusterId: many[index % 2]!,
      kind: KINDS[index % 2]!,
      namespace: `walk-${index % 5}`,
      name: `walked-${Math.floor(index / 10)}`,
      word: index % 3 === 0 ? "Ready" : READINESS[index % READINESS.length]!,
      message: index % 2 === 0 ? "was walked" : "fine",
      labels: { parity: String(index % 2) },
      changedAt: new Date(Date.UTC(2026, 0, 1) + (index % 7) * 1000).toISOString(),
    }));
    await storeRows(fixture.database, rows);
  });
  /** What a list is ordered by, as text that sorts the same way. */
  const KEY: Record<NonNullable<Query["sort"]>, (row: ResourcePage["rows"][number]) => string> = {
    severity: ({ word }) => String(2000 - SEVERITY[word]),
    name: ({ namespace, name }) => `${namespace} ${name}`,
    cluster: ({ clusterSlug, namespace, name }) => `${clusterSlug} ${namespace} ${name}`,
    changed: () => "",
  };
  const queries = (): [count: number, query: Query][] => [
    [1300, { cluster: many }],
    [1300, { cluster: many, text: "walked", facets: [] }],
    [1300, { cluster: many, label: ["parity"], facets: [] }],
    [1300, { cluster: many, text: "walked" }],
  ];
  test.each(["severity", "name", "cluster", "changed"] as const)("are walked in the order of %s", async (sort) => {
    for (const [count, query] of queries()) {
      const rows = await allPages({ ...query, sort, limit: 190 });
      expect([query, new Set(rows.map(({ id }) => id)).size, rows.length]).toEqual([query, count, count]);
      const keys = rows.map(KEY[sort]);
      expect(keys).toEqual(keys.toSorted());
      const back = await allPages({ ...query, sort, descending: true, limit: 200 });
      expect(back.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).reverse());
    }
  });
});

test("the natural order is worst first, A to Z, and latest first; descending turns each around", async () => {
  const clusterId = await insertCluster(fixture.database);
  const at = (second: number) => new Date(Date.UTC(2026, 1, 1, 0, 0, second)).toISOString();
  await storeRows(fixture.database, [
    { clusterId, name: "b", word: "Ready", changedAt: at(3) },
    { clusterId, name: "B-upper-is-before-lower", namespace: "Apps", word: "Failed", changedAt: at(1) },
    { clusterId, name: "a", word: "Stalled", changedAt: at(2) },
  ]);
  const order = async (sort: Query["sort"], descending = false) =>
    (await fixture.perform(listResources, { cluster: [clusterId], sort, descending })).rows.map(({ name }) => name[0]!);
  expect(await order("severity")).toEqual(["a", "B", "b"]);
  expect(await order("severity", true)).toEqual(["b", "B", "a"]);
  expect(await order("name")).toEqual(["B", "a", "b"]);
  expect(await order("changed")).toEqual(["b", "a", "B"]);
  expect(await order("changed", true)).toEqual(["B", "a", "b"]);
});

describe("a cursor that is not of this list is refused and says nothing", () => {
  const query: Query = { sort: "name", limit: 5 };
  const refused = async (cursor: string, other: Query = query) =>
    fixture.refusal(listResources, { ...inClusters(), ...other, cursor });
  const cursorOf = async (of: Query) => (await fixture.perform(listResources, { ...inClusters(), ...of })).nextCursor!;
  const forged = (cursor: string, values: unknown) => {
    const [mark] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string];
    return Buffer.from(JSON.stringify([mark, values])).toString("base64url");
  };

  test("of another sort, direction, filter or negation", async () => {
    const cursor = await cursorOf(query);
    const others: Query[] = [
      { sort: "cluster" },
      { sort: "name", descending: true },
      { sort: "name", kind: ["Kustomization"] },
      { sort: "name", not: { kind: ["Kustomization"] } },
      { sort: "name", text: "app" },
    ];
    for (const other of others) expect((await refused(cursor, other)).code).toBe("CURSOR");
  });

  test("another page length is still the same list", async () => {
    const cursor = await cursorOf(query);
    const page = await fixture.perform(listResources, { ...inClusters(), sort: "name", limit: 50, cursor });
    expect(page.rows).toHaveLength(50);
  });

  test("made up, cut, or not even text", async () => {
    const cursor = await cursorOf(query);
    for (const made of [
      "x",
      "",
      "e30",
      cursor.slice(4),
      `${cursor}AA`,
      "\0",
      "🚀",
      Buffer.from("[]").toString("base64url"),
    ])
      expect((await refused(made)).code).toBe("CURSOR");
  });

  test("forged with values no row has", async () => {
    const byName = await cursorOf(query);
    for (const values of [
      ["a", "b", "1;drop"],
      ["a\0", "b", "1"],
      ["a", "b", -1],
      ["a", "b", "9".repeat(30)],
      ["a", "b"],
      [{}],
    ])
      expect((await refused(forged(byName, values))).code).toBe("CURSOR");
    const changed: Query = { sort: "changed", limit: 5 };
    for (const values of [
      ["2026-99-99T99:99:99Z", "1"],
      ["now()", "1"],
      [5, "1"],
      ["2026-01-01T00:00:00:00Z", "1"],
    ])
      expect((await refused(forged(await cursorOf(changed), values), changed)).code).toBe("CURSOR");
    const severity: Query = { limit: 5 };
    for (const values of [
      [1e9, "1"],
      [1.5, "1"],
      ["90", "1"],
    ])
      expect((await refused(forged(await cursorOf(severity), values), severity)).code).toBe("CURSOR");
  });
});

test("counts and facets are those of the rows, whatever is filtered", async () => {
  const queries: Query[] = [
    {},
    { kind: ["Kustomization"] },
    { readiness: ["Failed", "Stalled"], namespace: ["team-1", "team-2"] },
    { not: { readiness: ["Ready"], kind: ["HelmRelease"] } },
    { environment: ["prod"], cluster: [clusterIds[0]!, "list-2"] },
    { text: "COULD NOT" },
    { text: "team-3/app-1", kind: ["HelmRelease"] },
    { text: "nothing says this" },
    { text: "te" },
    { label: ["team=t1", "team=t2", "tier"] },
    { label: ["!tier"], not: { label: ["team=t1"] }, text: "app-1" },
    { revision: ["main@sha1:111", "2222"], kind: ["Kustomization"] },
    { not: { revision: ["main"] } },
  ];
  const counted = (values: string[]) =>
    [...new Set(values)]
      .sort()
      .map((value) => ({ value, count: values.filter((one) => one === value).length, more: false }));
  const byValue = (facets: ResourcePage["facets"]["kind"]) =>
    facets.toSorted((one, other) => (one.value < other.value ? -1 : 1));
  const valueIn: Record<FacetField, (row: ResourcePage["rows"][number]) => string> = {
    readiness: ({ word }) => word,
    kind: ({ kind }) => kind,
    namespace: ({ namespace }) => namespace,
    cluster: ({ clusterSlug }) => clusterSlug,
    environment: ({ environment }) => environment,
  };
  for (const query of queries) {
    const wanted = { ...inClusters(), ...query };
    const { total, facets } = await fixture.perform(listResources, { ...wanted, limit: 1, facets: [...FACETS] });
    const rows = await allPages({ ...wanted, limit: 200 });
    expect(total).toEqual({ count: rows.length, more: false });
    for (const field of FACETS) {
      const { [field]: _own, ...others } = wanted;
      const { [field]: _notOwn, ...notOthers } = wanted.not ?? {};
      const without = await allPages({ ...others, not: notOthers, limit: 200 });
      const ours = without.filter(({ clusterId }) => clusterIds.includes(clusterId));
      const told = facets[field].filter(({ value }) => field !== "cluster" || value.startsWith("list-"));
      expect([query, field, byValue(told)]).toEqual([query, field, counted(ours.map(valueIn[field]))]);
    }
  }
});

test("nothing is counted for whoever asks for nothing counted, unless the counters know it", async () => {
  const facets = { readiness: [], kind: [], namespace: [], cluster: [], environment: [] };
  const text = await fixture.perform(listResources, { ...inClusters(), text: "app", facets: [] });
  expect(text).toMatchObject({ total: null, facets });
  expect(text.rows).toHaveLength(100);
  const all = await fixture.perform(listResources, { ...inClusters(), facets: [] });
  expect(all).toMatchObject({ total: { count: COUNT, more: false }, facets });
  const rest = await fixture.perform(listResources, { ...inClusters(), facets: [], cursor: all.nextCursor! });
  expect(rest).toMatchObject({ total: null, facets });
  const counted = await fixture.perform(listResources, { ...inClusters(), cursor: all.nextCursor! });
  expect(counted.total).toEqual(all.total);
});

test("a search with more than 1,000 matches says so instead of counting on", async () => {
  const clusterId = await insertCluster(fixture.database);
  const rows = Array.from({ length: 1005 }, (_, index) => ({ clusterId, name: `many-${index}` }));
  await storeRows(fixture.database, rows);
  const found = await fixture.perform(listResources, { cluster: [clusterId], text: "many-", limit: 1 });
  expect(found.total).toEqual({ count: 1000, more: true });
  expect(found.facets.kind).toEqual([{ value: "Kustomization", count: 1001, more: true }]);
  const counted = await fixture.perform(listResources, { cluster: [clusterId], limit: 1 });
  expect(counted.total).toEqual({ count: 1005, more: false });
});

test("what an actor may not see is in no row, count or facet, whatever is asked for", async () => {
  fixture.rights.give("dev", { allows: () => true, sees: isIn("environment", ["dev"]) });
  const hidden = [clusterIds[0]!, clusterIds[1]!];
  const asDev = (query: Query) => fixture.perform(listResources, { facets: [...FACETS], ...query }, "dev");
  const all = await asDev({ limit: 200 });
  expect(all.rows.length).toBeGreaterThan(80);
  expect(new Set(all.rows.map(({ environment }) => environment))).toEqual(new Set(["dev"]));
  expect(all.total?.count).toBe(all.rows.length);
  expect(all.facets.cluster.map(({ value }) => value)).toEqual(["list-2"]);
  for (const facets of Object.values(all.facets))
    expect(facets.reduce((sum, { count }) => sum + count, 0)).toBe(all.rows.length);
  const tries: Query[] = [{ cluster: hidden }, { environment: ["prod"] }, { cluster: hidden, text: "app" }];
  for (const query of tries)
    expect(await asDev({ ...query, facets: ["kind", "readiness"] })).toMatchObject({
      rows: [],
      total: { count: 0, more: false },
      facets: { kind: [], readiness: [], namespace: [], cluster: [], environment: [] },
    });
});

test("a list needs the permission", async () => {
  fixture.rights.give("guest", allBut("resource.read"));
  expect(await fixture.refusal(listResources, {}, "guest")).toMatchObject({ code: "FORBIDDEN" });
});

test("a name is found in every cluster and kind that has it, in each order, and no more once its objects are gone", async () => {
  const inEach = await Promise.all([0, 1].map(() => insertCluster(fixture.database)));
  const ids = await storeRows(
    fixture.database,
    inEach.flatMap((clusterId) =>
      KINDS.slice(0, 2).flatMap((kind) =>
        ["twin-a", "twin-b"].map((name) => ({ clusterId, kind, namespace: "Twins", name })),
      ),
    ),
  );
  // A name that is known already.
  await storeRows(fixture.database, [
    { clusterId: inEach[0]!, kind: KINDS[0]!, namespace: "Twins", name: "twin-a", word: "Failed" },
  ]);
  for (const sort of SORTS)
    for (const descending of [false, true]) {
      const found = await allPages({ text: "twins/TWIN", sort, descending, limit: 3 });
      expect(found.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    }
  await dropRows(fixture.database, ids.slice(1));
  const { rows, total } = await fixture.perform(listResources, { text: "twins/twin" });
  expect([rows.map(({ id }) => id), total]).toEqual([ids.slice(0, 1), { count: 1, more: false }]);
});

test("odd texts are looked for as they are", async () => {
  const clusterId = await insertCluster(fixture.database);
  for (const text of ["'; --", "%", "_", "\\", "😀", "<script>", "$(x)", "a&b;c", "(a+)+$"]) {
    const found = await fixture.perform(listResources, { cluster: [clusterId], text });
    expect(found.rows).toEqual([]);
  }
  for (const text of ["a\0b", "\ud83d"])
    expect(await fixture.refusal(listResources, { text })).toMatchObject({ code: "INPUT_INVALID" });
});

test("clusters are named by slug or id in any case; a removed or unknown one matches nothing", async () => {
  const clusterId = await insertCluster(fixture.database, { name: "by-name" });
  await storeRows(fixture.database, [{ clusterId, name: "here" }]);
  const found = async (key: string) => (await fixture.perform(listResources, { cluster: [key] })).rows.length;
  for (const key of [clusterId, clusterId.toUpperCase(), "by-name"]) expect([key, await found(key)]).toEqual([key, 1]);
  for (const key of ["unknown", crypto.randomUUID(), "\0", "by-name\0x"])
    expect([key, await found(key)]).toEqual([key, 0]);
  await fixture.database.sql`update clusters set deleted_at = now() where id = ${clusterId}`;
  expect(await found(clusterId)).toBe(0);
  expect((await fixture.perform(listResources, { text: "apps/here" })).rows).toEqual([]);
});

test("a page says where the feed stood before it was read", async () => {
  const clusterId = await insertCluster(fixture.database);
  const before = (await fixture.perform(listResources, { cluster: [clusterId] })).cursor;
  await storeRows(fixture.database, [{ clusterId }]);
  const after = (await fixture.perform(listResources, { cluster: [clusterId] })).cursor;
  const [[epoch, number], [sameEpoch, later]] = [before.split("."), after.split(".")] as [string[], string[]];
  expect(sameEpoch).toBe(epoch);
  expect(Number(later)).toBe(Number(number) + 1);
});
