import { describe, expect, test } from "bun:test";
import { DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { labelClusters } from "./cluster/label.ts";
import { registerCluster } from "./cluster/register.ts";
import { updateCluster } from "./cluster/update.ts";
import { importLocal } from "./kubeconfig/import-local.ts";
import { testCluster } from "./kubeconfig/test.ts";
import { watch } from "./live/watch.ts";
import { getResource } from "./resource/get.ts";
import { listResources } from "./resource/list.ts";
import { reconcileResource } from "./resource/reconcile.ts";
import { suspendResource } from "./resource/suspend.ts";
import { updateSetting } from "./setting/update.ts";
import { validate } from "./validate.ts";

/** Stands in every value and every key of the inputs below. */
const MARK = "q7mark5z";

type Declared = Parameters<typeof validate>[0];
function refusal(declared: Declared, input: unknown) {
  try {
    validate(declared, input);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error("the input was expected to be refused");
}

const CLUSTER = { name: "web", kubeconfig: "" };
const OBJECT = { cluster: "web", kind: "Kustomization", namespace: "apps", name: "podinfo" };
const long = (length: number) => "a".repeat(length);
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

type Case = readonly [what: string, declared: Declared, input: unknown, code: string];
/** What is refused, and under which code: the bad-input corpus of clusters, actions and lists. */
const REFUSED: readonly Case[] = [
  ["an empty name", registerCluster, { ...CLUSTER, name: "" }, "CLUSTER_NAME"],
  ["a name of spaces", registerCluster, { ...CLUSTER, name: "   " }, "CLUSTER_NAME"],
  ["a name of 254 characters", registerCluster, { ...CLUSTER, name: long(254) }, "CLUSTER_NAME"],
  ["a control character", registerCluster, { ...CLUSTER, name: `${MARK}\u0007` }, "CLUSTER_NAME"],
  ["a bidi override", registerCluster, { ...CLUSTER, name: `${MARK}\u202e` }, "CLUSTER_NAME"],
  ["a NUL", registerCluster, { ...CLUSTER, name: `${MARK}\0` }, "CLUSTER_NAME"],
  ["only emoji", registerCluster, { ...CLUSTER, name: "🚀🚀" }, "CLUSTER_NAME"],
  ["a name that is a number", registerCluster, { ...CLUSTER, name: 5 }, "CLUSTER_NAME"],
  ["65 labels", registerCluster, { ...CLUSTER, labels: many(65) }, "LABELS"],
  ["a label key with a broken prefix", registerCluster, { ...CLUSTER, labels: { [`-${MARK}/a`]: "b" } }, "LABELS"],
  ["a label value of 64 characters", registerCluster, { ...CLUSTER, labels: { [MARK]: long(64) } }, "LABELS"],
  ["a label value that is an object", registerCluster, { ...CLUSTER, labels: { [MARK]: { [MARK]: MARK } } }, "LABELS"],
  ["labels in a list", registerCluster, { ...CLUSTER, labels: [MARK] }, "LABELS"],
  ["an environment with a slash", registerCluster, { ...CLUSTER, environment: `${MARK}/x` }, "LABELS"],
  ["a description of 100 KB", registerCluster, { ...CLUSTER, description: long(100_000) }, "INPUT_INVALID"],
  ["a description with NUL", registerCluster, { ...CLUSTER, description: `${MARK}\0` }, "INPUT_INVALID"],
  ["a field nobody knows", registerCluster, { ...CLUSTER, [MARK]: MARK }, "INPUT_INVALID"],
  ["an id to be assigned", registerCluster, { ...CLUSTER, id: MARK, status: MARK }, "INPUT_INVALID"],
  ["no kubeconfig", registerCluster, { name: MARK }, "INPUT_INVALID"],
  ["a kubeconfig that is an object", registerCluster, { name: "web", kubeconfig: { [MARK]: MARK } }, "INPUT_INVALID"],
  ...[0, -1, 1e9, "5m", Number.NaN, 1.5].map(
    (interval) =>
      [
        `an interval of ${interval}`,
        updateCluster,
        { cluster: "web", healthCheckIntervalSeconds: interval },
        "INTERVAL",
      ] as const,
  ),
  ["an empty key", updateCluster, { cluster: "" }, "INPUT_INVALID"],
  ["no clusters", labelClusters, { clusters: [] }, "INPUT_INVALID"],
  ["1,001 clusters", labelClusters, { clusters: Array(1001).fill("web") }, "INPUT_INVALID"],
  ["a label that is a number", labelClusters, { clusters: ["web"], labels: { [MARK]: 5 } }, "LABELS"],
  ...["kustomization", "Secret", "Node", "*", "__proto__", "constructor", MARK, 5, null, undefined].map(
    (kind) => [`the kind ${kind}`, reconcileResource, { ...OBJECT, kind }, "KIND_NOT_SUPPORTED"] as const,
  ),
  ...["../x", "a%2Fb", "..%2f..%2fsecrets", "a/b", "A", long(254), "", "trailing.", `${MARK}\0`, "a b", "ä"].flatMap(
    (name) =>
      [
        [`the name ${JSON.stringify(name)}`, suspendResource, { ...OBJECT, name }, "NAME"],
        [`the namespace ${JSON.stringify(name)}`, getResource, { ...OBJECT, namespace: name }, "NAME"],
      ] as const,
  ),
  ["a reason of 501 characters", suspendResource, { ...OBJECT, reason: long(501) }, "INPUT_INVALID"],
  ["force that is a text", reconcileResource, { ...OBJECT, force: MARK }, "INPUT_INVALID"],
  ...[0, -1, 201, 1e9, "abc", `10;${MARK}`, 1.5].map(
    (limit) => [`a limit of ${limit}`, listResources, { limit }, "INPUT_INVALID"] as const,
  ),
  ["a cursor of 10 KB", listResources, { cursor: long(10_240) }, "CURSOR"],
  ["a cursor that is a list", listResources, { cursor: [MARK] }, "CURSOR"],
  ["a sort that is SQL", listResources, { sort: `name"; drop table ${MARK}` }, "INPUT_INVALID"],
  ["a sort by a password", listResources, { sort: "password" }, "INPUT_INVALID"],
  ["a search of 10 KB", listResources, { text: long(10_240) }, "INPUT_INVALID"],
  ["a kind that is unknown in a filter", listResources, { kind: [MARK] }, "INPUT_INVALID"],
  ["a filter that is a text", listResources, { namespace: MARK }, "INPUT_INVALID"],
  ["an operator in a filter", listResources, { namespace: { $gt: MARK } }, "INPUT_INVALID"],
  ["a field nobody knows in a filter", listResources, { not: { [MARK]: [MARK] } }, "INPUT_INVALID"],
  ["no topics", watch, { topics: [] }, "INPUT_INVALID"],
  ["a topic that is unknown", watch, { topics: [{ topic: MARK }] }, "INPUT_INVALID"],
  ["a source that is unknown", testCluster, { source: { from: MARK, [MARK]: MARK } }, "INPUT_INVALID"],
  ["a label that is an object", importLocal, { contexts: [{ context: "a", labels: { [MARK]: {} } }] }, "INPUT_INVALID"],
  ["an empty setting", updateSetting, { key: "a", value: "" }, "SETTING"],
  ["a setting with NUL", updateSetting, { key: `${MARK}\0`, value: MARK }, "SETTING"],
  ["no input at all", registerCluster, undefined, "INPUT_INVALID"],
  ["null", registerCluster, null, "INPUT_INVALID"],
  ["a text", registerCluster, MARK, "INPUT_INVALID"],
  ["a list", registerCluster, [MARK], "INPUT_INVALID"],
];

describe.each(REFUSED)("%s", (_what, declared, input, code) => {
  test("is refused by its code, and nothing of it is in the answer", () => {
    const error = refusal(declared, input);
    expect(error.code as string).toBe(code);
    expect(error.status === 422 || error.status === 400).toBe(true);
    const said = JSON.stringify([error.message, error.hint, error.options.issues]);
    expect(said).not.toContain(MARK);
    expect(error.options.issues?.length).toBeGreaterThan(0);
  });
});

test("a place is named by the fields of the schema; a key of the caller's own is a star", () => {
  const schema = z.object({
    list: z.array(z.object({ inner: z.record(z.string(), z.number()).optional() })).default([]),
    either: z.discriminatedUnion("from", [z.object({ from: z.literal("a"), deep: z.number() })]).nullish(),
  });
  const placesOf = (input: unknown) => refusal({ input: schema }, input).options.issues?.map(({ path }) => path);
  expect(placesOf({ list: [{}, { inner: { [MARK]: MARK } }] })).toEqual(["list.1.inner.*"]);
  expect(placesOf({ either: { from: "a", deep: MARK } })).toEqual(["either.deep"]);
  // A record's key that is called like a field is still only a word of ours.
  expect(placesOf({ list: [{ inner: { from: MARK } }] })).toEqual(["list.0.inner.from"]);
});

test("what is missing is told from what is of another kind", () => {
  const schema = z.object({ a: z.string(), b: z.object({ c: z.number() }), d: z.array(z.boolean()) });
  const issues = refusal({ input: schema }, { b: { c: MARK }, d: {} }).options.issues;
  expect(issues).toEqual([
    { path: "a", message: "is required" },
    { path: "b.c", message: "must be a number" },
    { path: "d", message: "must be an array" },
  ]);
});

test("at most 20 places are named", () => {
  const error = refusal({ input: z.array(z.number()) }, Array(1000).fill(MARK));
  expect(error.options.issues).toHaveLength(20);
});

test("what no schema looks at is refused too: keys that are none, halves of characters, more levels than anything has", () => {
  const anything = { input: z.record(z.string(), z.unknown()), invalid: { labels: "LABELS" as const } };
  const deep = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  const rows: [input: unknown, code: string, message: string][] = [
    [JSON.parse(`{"__proto__":{"${MARK}":true}}`), "INPUT_INVALID", "*: is no key."],
    [{ labels: JSON.parse(`{"__proto__":"${MARK}"}`) }, "LABELS", "*.*: is no key."],
    [{ labels: { [`${MARK}\ud800`]: "x" } }, "LABELS", "*.*: is no key."],
    [{ labels: [[`${MARK}\ud800`]] }, "LABELS", "*.*.*: is not well-formed Unicode."],
    [{ a: deep(100_000) }, "INPUT_INVALID", "*: has too many levels."],
  ];
  for (const [input, code, message] of rows) {
    const error = refusal(anything, input);
    expect([error.code, error.message]).toEqual([code, message]);
  }
  expect(validate(anything, { a: deep(39), "emoji 🚀": "🚀" })).toBeDefined();
});

test("what is valid comes back with its defaults", () => {
  const parsed = validate(registerCluster, { name: " web ", kubeconfig: "text" });
  expect(parsed).toEqual({
    name: "web",
    kubeconfig: "text",
    description: "",
    environment: "",
    labels: {},
    allowInsecureTls: false,
  });
});
