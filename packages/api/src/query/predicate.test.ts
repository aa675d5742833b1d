import { beforeAll, expect, test } from "bun:test";
import { READINESS } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { resourcesOfClusters } from "../resource/resource-rows.ts";
import { fromFilter } from "./from-filter.ts";
import {
  all,
  anyOf,
  EVERYTHING,
  FILTER_COLUMNS,
  isIn,
  NOTHING,
  not,
  type Predicate,
  speaksOfText,
} from "./predicate.ts";
import { type Facts, toFunction } from "./to-function.ts";
import { toSql } from "./to-sql.ts";

const fixture = useApi();

/** Letters whose case folds in some languages and not in others, marks, quotes, wildcards, and what lies beyond 16 bits. */
const LETTERS = [
  ..."aAbBzZ019-./%_\\'\"",
  "İ",
  "ı",
  "ß",
  "ẞ",
  "Σ",
  "ς",
  "é",
  "e\u0301",
  "K",
  "ﬁ",
  "😀",
  "\u200d",
  "\uffff",
  "\n",
];
const text = (max = 6) => fc.array(fc.constantFrom(...LETTERS), { maxLength: max }).map((letters) => letters.join(""));

type Row = Required<Facts> & { id: string };
let rows: Row[] = [];

beforeAll(async () => {
  const environments = ["", "prod", "Prod", "staging"];
  const clusterIds = await Promise.all(
    environments.map((environment) => insertCluster(fixture.database, { environment })),
  );
  const drawn = fc.sample(
    fc.record({
      clusterId: fc.constantFrom(...clusterIds),
      kind: fc.constantFrom("Kustomization", "HelmRelease", "GitRepository"),
      namespace: fc.constantFrom("apps", "Apps", "flux-system", "a/b"),
      word: fc.constantFrom(...READINESS),
      message: text(12),
      name: text(5),
    }),
    { numRuns: 300, seed: 7 },
  );
  const said = drawn.map((row, index) => ({ ...row, name: `${row.name}${index}` }));
  const ids = await storeRows(fixture.database, said);
  rows = said.map((row, index) => ({
    ...row,
    id: ids[index]!,
    environment: environments[clusterIds.indexOf(row.clusterId)]!,
  }));
});

const valuesOf = (column: (typeof FILTER_COLUMNS)[number]) => [...new Set(rows.map((row) => row[column]))];
/** Any predicate over what the rows hold, and over what none of them does. */
const predicate = () => {
  const { any } = fc.letrec<{ any: Predicate }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc
        .constantFrom(...FILTER_COLUMNS)
        .chain((column) =>
          fc
            .subarray([...valuesOf(column), column === "clusterId" ? crypto.randomUUID() : "nothing has this"])
            .map((values) => isIn(column, values)),
        ),
      text(3).map((needle) => ({ text: needle })),
      fc.array(tie("any"), { maxLength: 3 }).map((parts) => all(...parts)),
      fc.array(tie("any"), { maxLength: 3 }).map((parts) => anyOf(...parts)),
      tie("any").map(not),
    ),
  }));
  return any;
};
const bySql = async (wanted: Predicate): Promise<string[]> => {
  const { sql } = fixture.database;
  const found = await sql<{ id: string }[]>`
    select r.id::text as id from ${resourcesOfClusters(sql)} where ${toSql(sql, wanted)}`;
  return found.map(({ id }) => id).sort();
};
const byFunction = (wanted: Predicate): string[] => {
  const matches = toFunction(wanted);
  return rows
    .filter((row) => matches(row) === true)
    .map(({ id }) => id)
    .sort();
};

test("a predicate finds the same rows in the database and in a stream", async () => {
  await fc.assert(
    fc.asyncProperty(predicate(), async (wanted) => {
      expect(await bySql(wanted)).toEqual(byFunction(wanted));
    }),
    { numRuns: 400, seed: 11 },
  );
});

test("a row of which everything is known is never undecided, and one of which little is known is never decided wrongly", () => {
  fc.assert(
    fc.property(
      predicate(),
      fc.constantFrom(...rows),
      fc.subarray([...FILTER_COLUMNS, "name", "message"] as const),
      (wanted, { id: _, ...row }, known) => {
        const matches = toFunction(wanted);
        const truth = matches(row);
        expect(truth).not.toBeNull();
        const verdict = matches(Object.fromEntries(known.map((field) => [field, row[field]])));
        expect(verdict === null || verdict === truth).toBe(true);
      },
    ),
    { numRuns: 2000, seed: 13 },
  );
});

test("everything is every row, nothing is none, and a negation of both the other", async () => {
  const ids = rows.map(({ id }) => id).sort();
  expect(await bySql(EVERYTHING)).toEqual(ids);
  expect(await bySql(NOTHING)).toEqual([]);
  expect(await bySql(not(NOTHING))).toEqual(ids);
  expect(await bySql(isIn("kind", []))).toEqual([]);
  const withoutFacts = [EVERYTHING, NOTHING, isIn("kind", [])].map((wanted) => toFunction(wanted)({}));
  expect(withoutFacts).toEqual([true, false, false]);
});

test("a search folds A to Z and no other letter, and knows no wildcard", async () => {
  const clusterId = await insertCluster(fixture.database);
  const message = "ÄPFEL und Straße 100%_\\'";
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "Web", namespace: "Team", message }]);
  const found = async (needle: string) => {
    const wanted = all(isIn("clusterId", [clusterId]), { text: needle });
    expect(await bySql(wanted)).toEqual(
      toFunction(wanted)({ clusterId, namespace: "Team", name: "Web", message }) === true ? [id!] : [],
    );
    return (await bySql(wanted)).length === 1;
  };
  for (const needle of ["team/web", "TEAM/WEB", "m/w", "pfel UND", "Ä", "straße", "100%_\\'", ""])
    expect([needle, await found(needle)]).toEqual([needle, true]);
  for (const needle of ["ä", "STRASSE", "t%m", "w_b", ".*", "team web", "'; drop table clusters; --"])
    expect([needle, await found(needle)]).toEqual([needle, false]);
});

test("a filter's text is refused with NUL wherever it stands, and half a surrogate pair is a character like any other", async () => {
  const refused = (filter: Parameters<typeof fromFilter>[0]) => {
    try {
      fromFilter(filter, () => undefined);
    } catch (error) {
      return refusalOf(error).code;
    }
    return null;
  };
  expect(refused({ text: "a\0b" })).toBe("INPUT_INVALID");
  expect(refused({ namespace: ["\0"] })).toBe("INPUT_INVALID");
  expect(refused({ not: { environment: ["x\0"] } })).toBe("INPUT_INVALID");
  const wanted = fromFilter({ text: "\ud83d", environment: ["\udc00"] }, () => undefined);
  expect(await bySql(wanted)).toEqual(byFunction(wanted));
});

test("a filter's fields must all match, its values are alternatives, and what it says not is left out", () => {
  const ids = (key: string) => ({ web: "id-1" })[key];
  expect(fromFilter({ cluster: ["web", "unknown"], kind: ["Alert"], not: { readiness: ["Ready"] } }, ids)).toEqual(
    all(isIn("kind", ["Alert"]), not(isIn("word", ["Ready"])), isIn("clusterId", ["id-1"])),
  );
  expect(fromFilter({ cluster: ["unknown"] }, ids)).toEqual(all(isIn("clusterId", [])));
  expect(fromFilter({ kind: [], text: "" }, ids)).toEqual(EVERYTHING);
  expect(fromFilter({ kind: ["Alert"], namespace: ["apps"] }, ids, "kind")).toEqual(all(isIn("namespace", ["apps"])));
});

test("only a text needs more than the counters know", () => {
  expect(speaksOfText(all(isIn("kind", ["Alert"]), anyOf(not(isIn("word", ["Ready"])))))).toBe(false);
  expect(speaksOfText(all(isIn("kind", ["Alert"]), not(anyOf({ text: "x" }))))).toBe(true);
});
