import { expect, test } from "bun:test";
import { listFilter, otherParameters } from "./list-filters.ts";

test("a query is a filter: repeated parameters are alternatives, a minus is its negation", () => {
  const rows: [query: string, filter: object][] = [
    ["", {}],
    ["kind=&text=&-label=", {}],
    ["kind=Kustomization&kind=HelmRelease", { kind: ["Kustomization", "HelmRelease"] }],
    ["cluster_id=one&cluster_id=two&cluster=three", { cluster: ["one", "two"] }],
    ["-cluster_id=one", { not: { cluster: ["one"] } }],
    [
      "readiness=Failed&namespace=apps&environment=prod&label=team%3Da&label=!x&revision=main%40sha1:5d5c4c1",
      {
        readiness: ["Failed"],
        namespace: ["apps"],
        environment: ["prod"],
        label: ["team=a", "!x"],
        revision: ["main@sha1:5d5c4c1"],
      },
    ],
    ["text=a%20b&-readiness=Ready&limit=7", { text: "a b", not: { readiness: ["Ready"] } }],
    ["-text=x&Kind=x&kind[]=x", {}],
  ];
  for (const [query, filter] of rows) expect([query, listFilter(new URLSearchParams(query))]).toEqual([query, filter]);
});

test("a word that is none is refused with those that there are", () => {
  for (const name of ["readiness", "-readiness"]) {
    const refused = () => listFilter(new URLSearchParams([[name, "ready"]]));
    expect(refused).toThrow(`${name}: is none of the values it can have.`);
  }
});

test("what else a query holds is named, each once", () => {
  expect(otherParameters(new URLSearchParams("kind=x&-kind=x&text=x&cluster_id=x"))).toEqual([]);
  expect(otherParameters(new URLSearchParams("limit=1&limit=2&kinds=x&-text=x"))).toEqual(["limit", "kinds", "-text"]);
});
