import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MASK, maskObject } from "./mask.ts";
import type { Json, KubeObject } from "./object.ts";
import { sameJson, unmaskSpec } from "./unmask.ts";

const release = (spec: Json): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "a", namespace: "b", uid: "1", resourceVersion: "1" },
  spec,
});
const live = release({
  interval: "10m",
  url: "https://user:hunter2@host/chart",
  values: { password: "hunter2", replicas: 3, on: true, none: null, hosts: ["one", "two"] },
  postRenderers: [{ name: "a", key: "x" }],
});
const shownOf = (object: KubeObject) => maskObject(object, () => "").object.spec!;

describe("a spec that was edited as it was shown", () => {
  test("comes back as it is, whatever was masked in it", () => {
    expect(unmaskSpec(live, shownOf(live))).toEqual({ spec: live.spec!, restored: true, unknown: [] });
  });

  test("keeps what was changed, and what was masked beside it", () => {
    const shown = shownOf(live);
    const edited = { interval: "5m", values: { ...(shown["values"] as Json), password: "new", more: [1] } };
    expect(unmaskSpec(live, edited)).toEqual({
      spec: { interval: "5m", values: { ...(live.spec!["values"] as Json), password: "new", more: [1] } },
      restored: true,
      unknown: [],
    });
  });

  test("without anything masked needs nothing of the live object", () => {
    const spec = { interval: "5m", values: { password: "other", empty: null } };
    expect(unmaskSpec(live, spec)).toEqual({ spec, restored: false, unknown: [] });
  });

  test("gets the password of a URL back, and not that of another URL", () => {
    const { spec } = unmaskSpec(live, { url: `https://${MASK}@host/chart` });
    expect(spec).toEqual({ url: "https://user:hunter2@host/chart" });
    expect(unmaskSpec(live, { url: `https://${MASK}@elsewhere/chart` }).unknown).toEqual(["url"]);
  });

  test("names every place where a mask stands for nothing", () => {
    const { unknown } = unmaskSpec(live, { values: { other: MASK, deep: { er: [1, `x${MASK}`] } }, timeout: MASK });
    expect(unknown).toEqual(["values.other", "values.deep.er.1", "timeout"]);
  });
});

describe("a list with masked entries", () => {
  const hosts = (sent: unknown[]) => unmaskSpec(live, { values: { hosts: sent } });

  test("is kept as a whole", () => {
    expect(hosts([MASK, MASK])).toMatchObject({ spec: { values: { hosts: ["one", "two"] } }, unknown: [] });
  });

  test("is not guessed at when an entry went, came or was replaced", () => {
    expect(hosts([MASK]).unknown).toEqual(["values.hosts.0"]);
    expect(hosts([MASK, MASK, "three"]).unknown).toEqual(["values.hosts.0", "values.hosts.1"]);
    expect(hosts(["new", MASK]).unknown).toEqual(["values.hosts.1"]);
  });

  test("may be written anew in the clear", () => {
    expect(hosts(["new"])).toEqual({ spec: { values: { hosts: ["new"] } }, restored: false, unknown: [] });
  });

  const set = {
    ...release({
      resources: [
        { kind: "ConfigMap", name: "a", data: { x: "secret-a" } },
        { kind: "ConfigMap", name: "b", data: { x: "secret-b" } },
      ],
    }),
    kind: "ResourceSet",
  };

  test("finds its entries by name wherever they moved, and never gives one the secret of another", () => {
    const [a, b] = (shownOf(set) as { resources: Json[] }).resources as [Json, Json];
    const { spec, unknown } = unmaskSpec(set, { resources: [b, { ...a, kind: "Secret" }, { ...a, name: "c" }] });
    expect(spec).toEqual({
      resources: [
        { kind: "ConfigMap", name: "b", data: { x: "secret-b" } },
        { kind: "Secret", name: "a", data: { x: "secret-a" } },
        { kind: "ConfigMap", name: "c", data: { x: MASK } },
      ],
    });
    expect(unknown).toEqual(["resources.2.data.x"]);
  });
});

test("whatever a release holds, sending back what was shown changes nothing, and no mask gets through unnoticed", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const values = fc.dictionary(fc.string(), fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf)));
  fc.assert(
    fc.property(values, values, (before, after) => {
      const object = release({ values: before });
      expect(unmaskSpec(object, shownOf(object)).spec).toEqual({ values: before });
      const sent = shownOf(release({ values: after }));
      const { spec, unknown } = unmaskSpec(object, sent);
      if (unknown.length === 0) expect(JSON.stringify(spec)).not.toContain(MASK);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("JSON is the same whatever the order of its keys", () => {
  expect(sameJson({ a: [1, { b: null }], c: "" }, { c: "", a: [1, { b: null }] })).toBe(true);
  for (const [one, other] of [
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: undefined }, { b: undefined }],
    [[], {}],
    [null, {}],
    ["1", 1],
    [{ a: 1 }, { a: 1, b: 1 }],
  ])
    expect([one, other, sameJson(one, other)]).toEqual([one, other, false]);
});
