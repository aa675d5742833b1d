import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { useDatabase } from "../test-database.ts";
import { keyOf, resourceRow, storeResources } from "../test-resource.ts";
import { deleteResources, lockRows, unlisted, writeDocuments } from "./index.ts";

const fixture = useDatabase();

test("a row is read back exactly as it was written", async () => {
  const row = resourceRow({
    clusterId: randomUUID(),
    recheckAt: "2026-02-03T04:05:06.789Z",
    dependsOn: [{ kind: "HelmRelease", namespace: "a", name: "b" }],
  });
  const [stored] = await fixture.database.sql.begin(async (tx) => {
    await storeResources(tx, [row]);
    return await lockRows(tx, [keyOf(row)]);
  });
  expect(stored).toEqual({ ...row, id: expect.stringMatching(/^\d+$/) });
});

test("nothing known is null, not a default", async () => {
  const row = resourceRow({
    clusterId: randomUUID(),
    sourceRef: null,
    generation: null,
    observedGeneration: null,
    readyStatus: null,
    intervalSeconds: null,
  });
  const [stored] = await fixture.database.sql.begin(async (tx) => {
    await storeResources(tx, [row]);
    return await lockRows(tx, [keyOf(row)]);
  });
  expect(stored).toMatchObject({
    sourceRef: null,
    generation: null,
    observedGeneration: null,
    readyStatus: null,
    intervalSeconds: null,
  });
});

test("writing an object again replaces its row and keeps its id", async () => {
  const row = resourceRow({ clusterId: randomUUID() });
  const { sql } = fixture.database;
  const [first] = await sql.begin((tx) => storeResources(tx, [row]));
  const [second] = await sql.begin((tx) =>
    storeResources(tx, [{ ...row, word: "Failed", severity: 9, uid: "another" }]),
  );
  expect(second).toBe(first!);
  const [stored] = await sql.begin((tx) => lockRows(tx, [keyOf(row)]));
  expect(stored).toMatchObject({ id: first!, word: "Failed", severity: 9, uid: "another" });
});

test("each row of a whole batch has the id it was given", async () => {
  const clusterId = randomUUID();
  const rows = Array.from({ length: 300 }, (_, index) => resourceRow({ clusterId, name: `app-${index}` }));
  const ids = await fixture.database.sql.begin((tx) => storeResources(tx, rows));
  const stored = await fixture.database.sql`
    select r.id::text, r.name from flux_resources r where cluster_id = ${clusterId} order by r.id`;
  expect([...stored]).toEqual(rows.map(({ name }, index) => ({ id: ids[index]!, name })));
});

test("characters Postgres refuses do not fail the batch", async () => {
  const clusterId = randomUUID();
  const odd = resourceRow({ clusterId, name: "odd", message: "a\0b \uD800 c 😀", labels: { k: "\0" } });
  const literal = resourceRow({ clusterId, name: "literal", message: "the text \\u0000 and \\ud800" });
  const stored = await fixture.database.sql.begin(async (tx) => {
    const written = await storeResources(tx, [odd, literal]);
    await writeDocuments(
      tx,
      written.map((resourceId) => ({ resourceId, document: JSON.stringify({ a: "\0\x1e" }) })),
    );
    return await lockRows(tx, [keyOf(odd), keyOf(literal)]);
  });
  expect(stored.map((row) => [row.name, row.message])).toEqual([
    ["literal", "the text \\u0000 and \\ud800"],
    ["odd", "a\uFFFDb \uFFFD c 😀"],
  ]);
});

test("each name is known once, whoever writes its objects, and two batches with the same new names both commit", async () => {
  const { sql } = fixture.database;
  const rowsOf = (clusterId: string) =>
    ["same-a", "same-b"].flatMap((name) =>
      ["Kustomization", "HelmRelease"].map((kind) => resourceRow({ clusterId, kind, namespace: "Names", name })),
    );
  const batches = [rowsOf(randomUUID()), rowsOf(randomUUID()).reverse()];
  await Promise.all(batches.map((rows) => sql.begin((tx) => storeResources(tx, rows))));
  await sql.begin((tx) => storeResources(tx, batches[0]!));
  expect(await sql`select name from resource_names where namespace = 'Names' order by name`).toMatchObject([
    { name: "same-a" },
    { name: "same-b" },
  ]);
});

test("two batches with the same new sets of labels both commit, whichever of their rows are new", async () => {
  const { sql } = fixture.database;
  for (let round = 0; round < 30; round++) {
    const sets = [{ round: `${round}-a` }, { round: `${round}-b` }];
    const batches = await Promise.all(
      [sets, sets.toReversed()].map(async ([ofNew, ofKnown]) => {
        const clusterId = randomUUID();
        const known = resourceRow({ clusterId, name: "known" });
        await sql.begin((tx) => storeResources(tx, [known]));
        return [resourceRow({ clusterId, name: "new", labels: ofNew! }), { ...known, labels: ofKnown! }];
      }),
    );
    await Promise.all(batches.map((rows) => sql.begin((tx) => storeResources(tx, rows))));
  }
  expect(await sql`select from label_sets where labels ? 'round'`).toHaveLength(60);
});

test("texts that mean something in an array or between documents are texts like any other", async () => {
  const clusterId = randomUUID();
  const texts = ["NULL", "null", "", " ", ",", "{a,b}", 'a "quoted" \\ word\\', "line\nline", "\x1e"];
  const rows = texts.map((message, index) =>
    resourceRow({ clusterId, name: `app-${index}`, message, labels: { text: message } }),
  );
  const { sql } = fixture.database;
  const ids = await sql.begin(async (tx) => {
    const written = await storeResources(tx, rows);
    await writeDocuments(
      tx,
      written.map((resourceId, index) => ({ resourceId, document: JSON.stringify({ text: texts[index] }) })),
    );
    return written;
  });
  const stored = await sql`
    select message, labels->>'text' as label, document from flux_resources join flux_objects on resource_id = id
    where id = any(${ids}::bigint[]) order by id`;
  expect([...stored]).toEqual(
    texts.map((text) => ({ message: text, label: text, document: JSON.stringify({ text }) })),
  );
});

test("locked rows make a second flush of the same objects wait, in whatever order it names them", async () => {
  const clusterId = randomUUID();
  const rows = ["a", "b", "c"].map((name) => resourceRow({ clusterId, name }));
  const { sql } = fixture.database;
  await sql.begin((tx) => storeResources(tx, rows));
  const move = (keys: typeof rows) =>
    sql.begin(async (tx) => {
      const locked = await lockRows(tx, keys.map(keyOf));
      await storeResources(
        tx,
        locked.map(({ id: _, ...row }) => ({ ...row, inventoryCount: row.inventoryCount + 1 })),
      );
    });
  await Promise.all(Array.from({ length: 20 }, (_, index) => move(index % 2 === 0 ? rows : rows.toReversed())));
  const after = await sql.begin((tx) => lockRows(tx, rows.map(keyOf)));
  expect(after.map((row) => row.inventoryCount)).toEqual([27, 27, 27]);
});

test("a document is replaced, and left alone when it is the same", async () => {
  const { sql } = fixture.database;
  const [row] = await sql.begin((tx) => storeResources(tx, [resourceRow({ clusterId: randomUUID() })]));
  const write = (document: string) => sql.begin((tx) => writeDocuments(tx, [{ resourceId: row!, document }]));
  const read = async () => (await sql`select document, xmin::text from flux_objects where resource_id = ${row!}`)[0];
  await write('{"a":1}');
  const first = await read();
  await write('{"a":1}');
  expect(await read()).toEqual(first!);
  await write('{"a":2}');
  expect(await read()).toMatchObject({ document: '{"a":2}' });
});

test("what a complete list of a kind lacks is found, locked and can be deleted with its document", async () => {
  const clusterId = randomUUID();
  const { sql } = fixture.database;
  const rows = ["kept", "gone"].map((name) => resourceRow({ clusterId, name }));
  const other = resourceRow({ clusterId, kind: "HelmRelease", group: "helm.toolkit.fluxcd.io", name: "gone" });
  const ids = await sql.begin(async (tx) => {
    const written = await storeResources(tx, [...rows, other]);
    await writeDocuments(
      tx,
      written.map((resourceId) => ({ resourceId, document: "{}" })),
    );
    return written;
  });
  await sql.begin(async (tx) => {
    const left = await unlisted(tx, rows[0]!, [{ namespace: "apps", name: "kept" }]);
    expect(left.map((row) => row.name)).toEqual(["gone"]);
    await deleteResources(
      tx,
      left.map((row) => row.id),
    );
  });
  const names = await sql`select kind, name from flux_resources where cluster_id = ${clusterId} order by kind`;
  expect(names.map((row) => `${row.kind}/${row.name}`)).toEqual(["HelmRelease/gone", "Kustomization/kept"]);
  expect(await sql`select from flux_objects where resource_id = any(${ids}::bigint[])`).toHaveLength(2);
  const all = await sql.begin((tx) => unlisted(tx, rows[0]!, []));
  expect(all.map((row) => row.name)).toEqual(["kept"]);
});
