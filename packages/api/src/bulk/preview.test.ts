import { beforeAll, describe, expect, test } from "bun:test";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { dropRows, insertCluster, storeRows } from "../../test/rows.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { submit } from "../job/submit.ts";
import { isIn } from "../query/predicate.ts";
import { bulkReconcile, bulkResume, bulkSuspend } from "./jobs.ts";
import { previewBulk } from "./preview.ts";

const fixture = useApi();
let alpha = "";
let beta = "";
let gone = "";

beforeAll(async () => {
  const { database } = fixture;
  alpha = await insertCluster(database, { name: "alpha" });
  beta = await insertCluster(database, { name: "beta" });
  gone = await insertCluster(database, { name: "gone", stream: "stale" });
  const app = { clusterId: alpha, namespace: "apps" };
  await storeRows(database, [
    { ...app, name: "web" },
    { ...app, name: "asleep", word: "Suspended", suspended: true },
    { ...app, kind: "GitRepository", name: "fleet" },
    { ...app, kind: "HelmRepository", name: "charts", word: "Static" },
    { ...app, kind: "Alert", name: "page" },
    { ...app, kind: "ExternalArtifact", name: "built" },
    { ...app, kind: "HelmRelease", name: "shop", word: "Failed" },
    { clusterId: beta, namespace: "apps", name: "web" },
    { clusterId: beta, namespace: "other", name: "api" },
    { clusterId: gone, namespace: "apps", name: "web" },
  ]);
});

const preview = (
  input: Parameters<typeof fixture.perform<(typeof previewBulk)["input"], (typeof previewBulk)["output"]>>[1],
  actor?: string,
) => fixture.perform(previewBulk, input, actor);
const titles = (objects: readonly { kind: string; namespace: string; name: string; cluster: string }[]) =>
  objects.map(({ kind, namespace, name, cluster }) => `${cluster} ${kind} ${namespace}/${name}`);

describe("a preview", () => {
  test("counts by cluster and kind, sources first, and says what is left out and why", async () => {
    const seen = await preview({ action: "reconcile", filter: {} });
    expect(seen).toMatchObject({ act: 5, skip: 5 });
    expect(seen.clusters).toEqual([
      { id: alpha, slug: "alpha", name: "alpha", act: 3, skip: 4 },
      { id: beta, slug: "beta", name: "beta", act: 2, skip: 0 },
      { id: gone, slug: "gone", name: "gone", act: 0, skip: 1 },
    ]);
    expect(seen.kinds).toEqual([
      { kind: "GitRepository", act: 1, skip: 0 },
      { kind: "HelmRepository", act: 0, skip: 1 },
      { kind: "ExternalArtifact", act: 0, skip: 1 },
      { kind: "Kustomization", act: 3, skip: 2 },
      { kind: "HelmRelease", act: 1, skip: 0 },
      { kind: "Alert", act: 0, skip: 1 },
    ]);
    expect(titles(seen.sample)).toEqual([
      "alpha GitRepository apps/fleet",
      "alpha Kustomization apps/web",
      "beta Kustomization apps/web",
      "beta Kustomization other/api",
      "alpha HelmRelease apps/shop",
    ]);
    expect(seen.skips.map(({ code, count, sample }) => [code, count, titles(sample)])).toEqual([
      [
        "STATIC_KIND",
        3,
        ["alpha HelmRepository apps/charts", "alpha ExternalArtifact apps/built", "alpha Alert apps/page"],
      ],
      ["SUSPENDED", 1, ["alpha Kustomization apps/asleep"]],
      ["CLUSTER_UNHEALTHY", 1, ["gone Kustomization apps/web"]],
    ]);
    for (const { message, hint } of seen.skips)
      expect([message, hint]).toEqual([expect.any(String), expect.any(String)]);
  });

  test.each([
    ["suspend", { ALREADY_DONE: 1, STATIC_KIND: 1, CLUSTER_UNHEALTHY: 1 }, 7],
    ["resume", { ALREADY_DONE: 7, STATIC_KIND: 1, CLUSTER_UNHEALTHY: 1 }, 1],
  ] as const)("to %s leaves out what is so already", async (action, reasons, act) => {
    const seen = await preview({ action, filter: {} });
    expect(seen.act).toBe(act);
    expect(Object.fromEntries(seen.skips.map(({ code, count }) => [code, count]))).toEqual(reasons);
  });

  test("takes the filter of lists, or objects by name: each once, and those that are not there said to be so", async () => {
    const filter = { kind: ["Kustomization"], cluster: ["beta"], not: { namespace: ["other"] } };
    expect(titles((await preview({ action: "reconcile", filter })).sample)).toEqual(["beta Kustomization apps/web"]);
    const web = { kind: "Kustomization", namespace: "apps", name: "web" };
    const objects = [
      { cluster: "beta", ...web },
      { cluster: beta, ...web },
      { cluster: "alpha", ...web, name: "nowhere" },
      { cluster: "nowhere", ...web },
    ];
    const seen = await preview({ action: "reconcile", objects });
    expect(titles(seen.sample)).toEqual(["beta Kustomization apps/web"]);
    expect(seen.skips).toMatchObject([{ code: "OBJECT_NOT_FOUND", count: 2 }]);
    expect(seen.clusters).toHaveLength(1);
  });

  test("asks the right for each namespace, and shows nothing that its reader may not see", async () => {
    fixture.rights.give("team", {
      allows: (permission, { clusterId, namespace }) =>
        permission !== "resource.suspend" || (clusterId === beta && namespace === "apps"),
      sees: isIn("clusterId", [beta]),
    });
    const seen = await preview({ action: "suspend", filter: {} }, "team");
    expect(titles(seen.sample)).toEqual(["beta Kustomization apps/web"]);
    expect(seen.skips).toMatchObject([{ code: "FORBIDDEN", count: 1 }]);
    const hidden = { cluster: "alpha", kind: "Kustomization", namespace: "apps", name: "web" };
    const asked = await preview({ action: "suspend", objects: [hidden] }, "team");
    expect(asked).toMatchObject({ act: 0, clusters: [], skips: [{ code: "OBJECT_NOT_FOUND", count: 1 }] });
    fixture.rights.give("nobody", { allows: () => false });
    expect(await fixture.refusal(previewBulk, { action: "suspend", filter: {} }, "nobody")).toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("of nothing is one of nothing", async () => {
    expect(await preview({ action: "resume", filter: { namespace: ["none"] } })).toMatchObject({
      ...{ act: 0, skip: 0, clusters: [], kinds: [], sample: [], skips: [] },
    });
  });
});

const refused = (declared: typeof bulkSuspend | typeof bulkReconcile, input: unknown, actor = "operator") =>
  submit(declared, fixture.call({ actor }), input).then(
    () => expect.unreachable("it was expected to be refused"),
    refusalOf,
  );
const jobsOf = async () => (await fixture.database.sql`select id from jobs`).length;

describe("a run", () => {
  test("refuses when something has changed since the preview, and says what", async () => {
    const before = await jobsOf();
    const filter = { kind: ["Kustomization"], cluster: ["beta"] };
    const { token } = await preview({ action: "suspend", filter });
    const [id] = await storeRows(fixture.database, [{ clusterId: beta, namespace: "apps", name: "late" }]);
    expect(await refused(bulkSuspend, { filter, token })).toMatchObject({
      code: "SELECTION_CHANGED",
      message:
        "Something has changed since the preview: 1 would be acted on that were not shown (Kustomization apps/late on beta).",
      hint: expect.any(String),
    });
    const { token: later } = await preview({ action: "suspend", filter });
    await dropRows(fixture.database, [id!]);
    expect(await refused(bulkSuspend, { filter, token: later })).toMatchObject({
      code: "SELECTION_CHANGED",
      message: "Something has changed since the preview: 1 that were shown would not be acted on any more.",
    });
    // A token of another action stands for nothing of this one.
    expect(await refused(bulkReconcile, { filter, token })).toMatchObject({ code: "SELECTION_CHANGED" });
    expect(await jobsOf()).toBe(before);
    expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "bulk_reconcile", outcome: "failed" });
  });

  test("keeps what is left out as skipped, with why", async () => {
    const { token } = await preview({ action: "resume", filter: { kind: ["Alert", "ExternalArtifact"] } });
    const input = { filter: { kind: ["Alert", "ExternalArtifact"] }, token };
    const { job, requestId } = await submitted(fixture, bulkResume, input);
    const ended = await untilEnded(fixture, job.id);
    expect(ended.items).toMatchObject([
      { title: "ExternalArtifact apps/built", clusterId: alpha, state: "skipped", code: "STATIC_KIND" },
      { title: "Alert apps/page", clusterId: alpha, state: "skipped", code: "ALREADY_DONE" },
    ]);
    expect(await fixture.recorded(requestId)).toMatchObject([
      { operation: "bulk.resume", action: "bulk_resume", outcome: "success", message: "0 of 2 succeeded, 2 skipped" },
    ]);
  });

  test("of which nothing is allowed is refused as a whole, and recorded", async () => {
    fixture.rights.give("reader", allBut("resource.suspend"));
    const objects = [{ cluster: "beta", kind: "Kustomization", namespace: "apps", name: "web" }];
    expect(await refused(bulkSuspend, { objects }, "reader")).toMatchObject({ code: "FORBIDDEN" });
    expect((await fixture.recorded()).at(-1)).toMatchObject({ actor: "reader", outcome: "failed" });
  });

  const ref = { cluster: "beta", kind: "Kustomization", namespace: "apps", name: "web" };
  test.each([
    ["nothing", undefined],
    ["neither filter nor objects", {}],
    ["both", { filter: {}, objects: [ref], token: "AA" }],
    ["a filter that was not previewed", { filter: {} }],
    ["no objects", { objects: [] }],
    ["too many objects", { objects: Array(2_001).fill(ref) }],
    ["a kind that is none", { objects: [{ ...ref, kind: "Deployment" }] }],
    ["a name that is none", { objects: [{ ...ref, name: "UPPER" }] }],
    ["an object without a cluster", { objects: [{ ...ref, cluster: "" }] }],
    ["a field that is not known", { objects: [ref], force: true }],
    ["a filter that is none", { filter: { kind: ["Deployment"] }, token: "AA" }],
    ["a filter with NUL", { filter: { text: "\0" }, token: "AA" }],
    ["a token of other letters", { filter: {}, token: "%%%" }],
    ["a token cut off", { filter: {}, token: "AAAA" }],
    ["a token of another form", { filter: {}, token: "AQ" }],
    ["an endless token", { filter: {}, token: "A".repeat(60_001) }],
    ["an endless reason", { objects: [ref], reason: "x".repeat(501) }],
  ])("refuses %s, and stores nothing", async (_, input) => {
    const before = await jobsOf();
    expect(await refused(bulkSuspend, input)).toMatchObject({ code: "INPUT_INVALID" });
    expect(await jobsOf()).toBe(before);
  });

  test("a reconcile takes no reason", async () => {
    expect(await refused(bulkReconcile, { objects: [ref], reason: "x" })).toMatchObject({ code: "INPUT_INVALID" });
  });
});

test("a filter that finds more than a job holds is refused with what to do", async () => {
  const many = await insertCluster(fixture.database, { name: "many" });
  const names = Array.from({ length: 5_001 }, (_, at) => ({ clusterId: many, namespace: "many", name: `n-${at}` }));
  for (let at = 0; at < names.length; at += 500) await storeRows(fixture.database, names.slice(at, at + 500));
  expect(await fixture.refusal(previewBulk, { action: "reconcile", filter: { cluster: ["many"] } })).toMatchObject({
    code: "INPUT_INVALID",
    message: "filter: matches more than 5000 objects.",
    hint: expect.any(String),
  });
});
