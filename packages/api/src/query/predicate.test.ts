import { beforeAll, expect, test } from "bun:test";
import { OVERDUE, READINESS, TERMINATING_LONG } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { insertCluster, storeRows } from "../../test/rows.ts";
import { resourcesOfClusters } from "../resource/resource-rows.ts";
import { fromFilter } from "./from-filter.ts";
import {
  all,
  anyOf,
  branchesOf,
  EVERYTHING,
  FILTER_COLUMNS,
  isIn,
  isOfColumn,
  leavesOutReady,
  NOTHING,
  not,
  ofClusters,
  type Predicate,
  speaking,
  speaksOf,
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

const REVISIONS = [null, "6.5.0", "main@sha1:5d5c4c1aa", "main@sha1:5d5c", "main/x", "v1%@sha256:5d5c4c1", "a:b:c"];
const LABEL_KEYS = ["team", "Team", "app.kubernetes.io/name", "%"];

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
      subState: fc.constantFrom(null, OVERDUE, TERMINATING_LONG),
      message: text(12),
      name: text(5),
      revision: fc.constantFrom(...REVISIONS),
      labels: fc.dictionary(fc.constantFrom(...LABEL_KEYS), fc.constantFrom("", "a", "b", '\\"'), {
        noNullPrototype: true,
      }),
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
      text(4).map((needle) => ({ named: needle })),
      text(4).map((needle) => ({ said: needle })),
      text(4).map(speaking),
      fc.constantFrom(...REVISIONS, "5d5c4c1", "main@", "x").map((revision) => ({ revision: revision ?? "nothing" })),
      fc
        .tuple(fc.constantFrom(...LABEL_KEYS, "tier"), fc.constantFrom(null, "", "a", '\\"'))
        .map(([label, value]) => ({ label, value })),
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

test("the branches of a search have no row in common and miss none; what leaves out Ready finds none that is", async () => {
  await fc.assert(
    fc.asyncProperty(predicate(), text(4), async (others, needle) => {
      const wanted = all(others, speaking(needle));
      const found = await Promise.all(branchesOf(wanted).map(bySql));
      expect(found.flat().sort()).toEqual(byFunction(wanted));
      if (leavesOutReady(wanted))
        for (const id of found.flat()) expect(rows.find((row) => row.id === id)?.word).not.toBe("Ready");
    }),
    { numRuns: 100, seed: 17 },
  );
});

test("a row of which everything is known is never undecided, and one of which little is known is never decided wrongly", () => {
  fc.assert(
    fc.property(
      predicate(),
      fc.constantFrom(...rows),
      fc.subarray([...FILTER_COLUMNS, "name", "message", "revision", "labels"] as const),
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

test("of which clusters the rows can be is what is known of a row by its cluster alone", () => {
  fc.assert(
    fc.property(predicate(), fc.constantFrom(...rows), (wanted, { clusterId, environment }) => {
      const canBe = toFunction(wanted)({ clusterId, environment }) !== false;
      expect(toFunction(ofClusters(wanted))({ clusterId, environment })).toBe(canBe);
    }),
    { numRuns: 2000, seed: 19 },
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
  const word = "Failed";
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "Web", namespace: "Team", message, word }]);
  const found = async (needle: string) => {
    const wanted = all(isIn("clusterId", [clusterId]), speaking(needle));
    expect(await bySql(wanted)).toEqual(
      toFunction(wanted)({ clusterId, namespace: "Team", name: "Web", message, word }) === true ? [id!] : [],
    );
    return (await bySql(wanted)).length === 1;
  };
  for (const needle of ["team/web", "TEAM/WEB", "m/w", "te", "WE", "pfel UND", "ÄPF", "straße", "100%_\\'", ""])
    expect([needle, await found(needle)]).toEqual([needle, true]);
  for (const needle of ["äpf", "eb", "Ä", "STRASSE", "t%m", "w_b", ".*", "team web", "'; drop table clusters; --"])
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
  expect(speaksOf(all(isIn("kind", ["Alert"]), anyOf(not(isIn("word", ["Ready"])))), isOfColumn)).toBe(true);
  expect(speaksOf(all(isIn("kind", ["Alert"]), not(speaking("x"))), isOfColumn)).toBe(false);
});

test("labels: one key's values are alternatives, keys must all match, and ! asks for a label that is not there", () => {
  const matches = (label: string[], labels: Record<string, string>, no: string[] = []) =>
    toFunction(fromFilter({ label, not: { label: no } }, () => undefined))({ labels });
  expect(matches(["team=a", "team=b"], { team: "b" })).toBe(true);
  expect(matches(["team=a", "tier=web"], { team: "a" })).toBe(false);
  expect(matches(["team=a", "tier"], { team: "a", tier: "" })).toBe(true);
  expect(matches(["!team"], {})).toBe(true);
  expect(matches(["!team"], { team: "a" })).toBe(false);
  expect(matches([], { team: "a", tier: "web" }, ["team=b", "tier"])).toBe(false);
});

test("revisions: as a whole, how they begin, and how their commit or digest does", () => {
  const matches = (revision: string[], of: string | null) =>
    toFunction(fromFilter({ revision }, () => undefined))({ revision: of });
  for (const begin of ["main@sha1:5d5c4c1aa", "main@sha1:5d5c4c1", "main", "5d5c4c1"])
    expect([begin, matches(["x", begin], "main@sha1:5d5c4c1aa")]).toEqual([begin, true]);
  for (const other of ["sha1", "d5c4c1", "MAIN"]) expect(matches([other], "main@sha1:5d5c4c1aa")).toBe(false);
  expect(matches(["6.5."], "6.5.1")).toBe(true);
  expect(matches(["6.5."], null)).toBe(false);
});
