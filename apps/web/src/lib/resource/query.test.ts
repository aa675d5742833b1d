import { describe, expect, test } from "bun:test";
import { KIND_NAMES, READINESS } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { matches } from "./matches.ts";
import { FIELDS, filterOf, formatQuery, formatTerm, parseQuery, type Term, toggleValue } from "./query.ts";
import { aRow } from "./row.fixture.ts";

/** Terms as they read, without what was typed for them. */
const meaning = (terms: readonly Term[]) =>
  terms.map(({ field, values, not, problem }) => ({ field, values, not, problem }));
const only = (text: string): Term => {
  const [term, ...more] = parseQuery(text);
  expect(more).toEqual([]);
  return term as Term;
};

describe("reading a query", () => {
  test("fields, negation and text are told apart", () => {
    expect(meaning(parseQuery("kind:HelmRelease readiness:failed,stalled -cluster:prod-lab checkout"))).toEqual([
      { field: "kind", values: ["HelmRelease"], not: false, problem: null },
      { field: "readiness", values: ["Failed", "Stalled"], not: false, problem: null },
      { field: "cluster", values: ["prod-lab"], not: true, problem: null },
      { field: "text", values: ["checkout"], not: false, problem: null },
    ]);
  });
  test("short names and plurals stand for kinds and fields, in any case", () => {
    expect(only("KIND:hr,gitrepositories,OCIRepo").values).toEqual(["HelmRelease", "GitRepository", "OCIRepository"]);
    expect(only("ns:flux-system").field).toBe("namespace");
    expect(only("status:ready")).toMatchObject({ field: "readiness", values: ["Ready"] });
  });
  test("a repeated field adds alternatives, bare words are one text", () => {
    expect(meaning(parseQuery("ns:a connection ns:b,a refused"))).toEqual([
      { field: "namespace", values: ["a", "b"], not: false, problem: null },
      { field: "text", values: ["connection refused"], not: false, problem: null },
    ]);
  });
  test("quotes keep spaces, commas and colons together", () => {
    expect(only('env:"edge, north"').values).toEqual(["edge, north"]);
    expect(only('"kind:HelmRelease"')).toMatchObject({ field: "text", values: ["kind:HelmRelease"] });
  });
  test("labels and revisions are taken as they are, and what is no label is said", () => {
    expect(only("label:team=a,!tier")).toMatchObject({ field: "label", values: ["team=a", "!tier"], problem: null });
    expect(only("-rev:main@sha1:5d5c4c1")).toMatchObject({
      field: "revision",
      values: ["main@sha1:5d5c4c1"],
      not: true,
    });
    expect(only("label:a=b=c,team")).toMatchObject({
      values: ["team"],
      problem: "“a=b=c” is no label: write key, key=value or !key.",
    });
  });
  test("a value that is none is named, with the nearest one, and the rest of the term runs", () => {
    const term = only("kind:Kustomzation,HelmRelease");
    expect(term.problem).toBe("“Kustomzation” is no Flux kind; is it Kustomization?");
    expect(filterOf([term])).toEqual({ kind: ["HelmRelease"] });
    expect(formatTerm(term)).toBe("kind:Kustomzation,HelmRelease");
  });
  test("an unknown field, a field without value and excluded text say what is wrong", () => {
    expect(only("clutser:a").problem).toBe("There is no field “clutser”; is it cluster?");
    expect(only("chart:a").problem).toStartWith("There is no field “chart”; there are kind, ");
    expect(only("kind:").problem).toBe("kind: needs a value.");
    expect(only("-checkout").problem).toStartWith("Text cannot be excluded");
    expect(filterOf(parseQuery("clutser:a kind: -checkout"))).toEqual({});
  });
});

describe("round trip", () => {
  test("what is written reads as it was meant, whatever was typed", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('"', ":", ",", "-", " ", "kind:", "-ns:", "readiness:failed,", 'env:"a b"', "\t", '""'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const terms = parseQuery(pieces.join(""));
        const again = parseQuery(formatQuery(terms));
        expect(meaning(again)).toEqual(meaning(terms));
        expect(filterOf(again)).toEqual(filterOf(terms));
      }),
      { seed: 20260917, numRuns: 3000 },
    );
  });
  test("every term that the page can make reads back as itself", () => {
    const plain = fc
      .string({ minLength: 1, maxLength: 20 })
      .map((text) => text.replaceAll('"', "").trim())
      .filter(Boolean);
    const values = (value: fc.Arbitrary<string>) => fc.uniqueArray(value, { minLength: 1, maxLength: 4 });
    const term = fc.constantFrom(...FIELDS).chain((field) =>
      fc.record<Term>({
        field: fc.constant(field),
        values: values(
          field === "kind"
            ? fc.constantFrom(...KIND_NAMES)
            : field === "readiness"
              ? fc.constantFrom(...READINESS)
              : field === "label"
                ? fc.constantFrom("team", "!team", "team=a", "app.kubernetes.io/name=web")
                : plain,
        ),
        not: fc.boolean(),
        raw: fc.constant(""),
        problem: fc.constant(null),
      }),
    );
    const terms = fc.uniqueArray(term, { maxLength: 6, selector: ({ field, not }) => `${field} ${not}` });
    fc.assert(
      fc.property(terms, (made) => expect(meaning(parseQuery(formatQuery(made)))).toEqual(meaning(made))),
      { seed: 20260917, numRuns: 1000 },
    );
  });
});

describe("matching a row that changed", () => {
  const row = aRow({
    kind: "HelmRelease",
    namespace: "shop",
    name: "web",
    message: "Timeout waiting",
    word: "Failed",
    environment: "prod",
    revision: "main@sha1:5d5c4c1aa",
    labels: { team: "a", tier: "web" },
  });
  const says = (text: string) => matches(filterOf(parseQuery(text)), row);

  test("different fields must all match, values of one are alternatives, any excluded one is enough", () => {
    expect(says("kind:HelmRelease,Bucket readiness:failed env:prod")).toBe(true);
    expect(says("kind:HelmRelease readiness:ready")).toBe(false);
    expect(says("kind:HelmRelease -namespace:shop")).toBe(false);
    expect(says("-kind:Bucket -namespace:other")).toBe(true);
  });
  test("text is found in namespace/name and in the message, in either case", () => {
    expect(says("SHOP/web")).toBe(true);
    expect(says("timeout")).toBe(true);
    expect(says("refused")).toBe(false);
  });
  test("what is Ready is not found by its message, and two characters only by how a name begins", () => {
    expect(matches({ text: "timeout" }, { ...row, word: "Ready" })).toBe(false);
    expect([says("sh"), says("we"), says("eb")]).toEqual([true, true, false]);
  });
  test("labels by key and value, revisions by how they or their commit begin", () => {
    expect([says("label:team=b,team=a label:tier"), says("label:team=a,tier=db"), says("label:!team")]).toEqual([
      true,
      false,
      false,
    ]);
    expect([says("-label:team=a"), says("-label:other")]).toEqual([false, true]);
    expect([says("rev:5d5c4c1"), says("rev:main@sha1:5d5"), says("rev:5d5c4c2"), says("-rev:main")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
  test("a cluster is known by slug and by id", () => {
    expect(matches({ cluster: [row.clusterSlug] }, row)).toBe(true);
    expect(matches({ cluster: [row.clusterId] }, row)).toBe(true);
    expect(matches({ cluster: ["another"] }, row)).toBe(false);
  });
});

test("a facet chip adds its value, and takes it away again with its term", () => {
  const once = toggleValue(parseQuery("-readiness:ready web"), "readiness", "Failed");
  expect(formatQuery(once)).toBe("-readiness:Ready web readiness:Failed");
  const twice = toggleValue(once, "readiness", "Stalled");
  expect(formatQuery(twice)).toBe("-readiness:Ready web readiness:Failed,Stalled");
  expect(formatQuery(toggleValue(toggleValue(twice, "readiness", "Failed"), "readiness", "Stalled"))).toBe(
    "-readiness:Ready web",
  );
});
