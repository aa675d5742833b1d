import { expect, test } from "bun:test";
import type { UsedByQuery } from "@flux-orchestrator/contract";
import { useApi } from "../../test/api-fixture.ts";
import { storeLinked } from "../../test/chain.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { isIn } from "../query/predicate.ts";
import { usedBy } from "./used-by.ts";

const fixture = useApi();
let lastCluster = 0;
const cluster = () => insertCluster(fixture.database, { name: `used-${String(++lastCluster).padStart(2, "0")}` });

/** Users a line each, then clusters a line each. */
async function users(query: Partial<UsedByQuery> & Pick<UsedByQuery, "kind" | "name">, actor?: string) {
  const answer = await fixture.perform(usedBy, { namespace: "apps", ...query }, actor);
  return {
    users: answer.users.map(
      ({ row, relations, depth }) => `${depth} ${row.clusterName} ${row.kind} ${row.name}: ${relations.join(", ")}`,
    ),
    clusters: answer.clusters.map(({ clusterName, word, revision, users }) =>
      [clusterName, word ?? "-", revision ?? "-", users].join(" "),
    ),
    more: answer.nextCursor !== null,
  };
}

test("who uses a source is told of one cluster and of all, each with the revision it has", async () => {
  const [one, other] = [await cluster(), await cluster()];
  await storeLinked(fixture.database, one, [
    { object: "GitRepository fleet", row: { revision: "main@sha1:aaaa" } },
    { object: "Kustomization ready", to: ["source GitRepository fleet"] },
    { object: "Kustomization broken", word: "Failed", to: ["source GitRepository fleet"] },
    { object: "Kustomization elsewhere", to: ["source GitRepository another"] },
  ]);
  await storeLinked(fixture.database, other, [
    { object: "GitRepository fleet", word: "Failed", row: { revision: "main@sha1:bbbb" } },
    { object: "ImageUpdateAutomation bump", to: ["source GitRepository fleet", "dependsOn GitRepository fleet"] },
  ]);
  expect(await users({ cluster: one, kind: "GitRepository", name: "fleet" })).toEqual({
    users: ["1 used-01 Kustomization broken: source", "1 used-01 Kustomization ready: source"],
    clusters: ["used-01 Ready main@sha1:aaaa 2"],
    more: false,
  });
  expect(await users({ kind: "GitRepository", name: "fleet" })).toEqual({
    users: [
      "1 used-01 Kustomization broken: source",
      "1 used-01 Kustomization ready: source",
      "1 used-02 ImageUpdateAutomation bump: dependsOn, source",
    ],
    clusters: ["used-02 Failed main@sha1:bbbb 1", "used-01 Ready main@sha1:aaaa 2"],
    more: false,
  });
  expect(await users({ kind: "GitRepository", name: "fleet", except: one })).toEqual({
    users: ["1 used-02 ImageUpdateAutomation bump: dependsOn, source"],
    clusters: ["used-02 Failed main@sha1:bbbb 1"],
    more: false,
  });
  expect(await users({ kind: "GitRepository", name: "nobodys" })).toEqual({ users: [], clusters: [], more: false });
});

test("pages go on where the one before ended, worst first, and tell the clusters once", async () => {
  const [one, other] = [await cluster(), await cluster()];
  for (const id of [one, other])
    await storeLinked(fixture.database, id, [
      ...["a", "b", "c"].map((name) => ({ object: `Kustomization ${name}`, to: ["source Bucket paged"] })),
      { object: "HelmRelease a", word: "Failed", to: ["source Bucket paged"] },
    ]);
  const ref = { kind: "Bucket", namespace: "apps", name: "paged" };
  const whole = await fixture.perform(usedBy, ref);
  expect(whole.users.map(({ row }) => row.word).slice(0, 3)).toEqual(["Failed", "Failed", "Ready"]);
  const seen: string[] = [];
  const clusters: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await fixture.perform(usedBy, { ...ref, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    seen.push(...page.users.map(({ row }) => row.id));
    clusters.push(page.clusters.length);
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(whole.users.map(({ row }) => row.id));
  expect(clusters).toEqual([2, 0, 0]);
  for (const cursor of ["", "bm9uZQ", Buffer.from(JSON.stringify([1, 0, "a", "b\0", "c", "1"])).toString("base64url")])
    expect((await fixture.refusal(usedBy, { ...ref, cursor })).code).toBe("CURSOR");
});

test("a cluster that is left out need not exist, and leaves nobody out then", async () => {
  const id = await cluster();
  await storeLinked(fixture.database, id, [{ object: "Kustomization app", to: ["source Bucket alone"] }]);
  expect((await users({ kind: "Bucket", name: "alone", except: "nowhere" })).users).toHaveLength(1);
  expect((await users({ kind: "Bucket", name: "alone", except: id })).users).toEqual([]);
});

test("what is used though it is not there is told first, and a Secret or ConfigMap by its name alone", async () => {
  const id = await cluster();
  await storeLinked(fixture.database, id, [
    { object: "Kustomization app", to: ["source Bucket gone", "values Secret vars"] },
    { object: "HelmRelease app", to: ["values Secret vars"] },
  ]);
  expect(await users({ kind: "Bucket", name: "gone" })).toMatchObject({ clusters: ["used-06 - - 1"] });
  expect(await users({ kind: "Secret", name: "vars" })).toMatchObject({
    users: ["1 used-06 Kustomization app: values", "1 used-06 HelmRelease app: values"],
  });
});

test("a depth follows those who wait, never those who only name, and ends in a circle", async () => {
  const id = await cluster();
  await storeLinked(fixture.database, id, [
    { object: "Kustomization infra", to: ["source OCIRepository base", "dependsOn Kustomization apps"] },
    { object: "Kustomization apps", to: ["dependsOn Kustomization infra"] },
    { object: "Kustomization root", to: ["applies OCIRepository base", "applies Kustomization apps"] },
    { object: "Kustomization tenants", to: ["dependsOn Kustomization root"] },
    { object: "Alert all", to: ["alerts Kustomization *", "alerts OCIRepository *"] },
  ]);
  const direct = [
    "1 used-07 Alert all: alerts",
    "1 used-07 Kustomization infra: source",
    "1 used-07 Kustomization root: applies",
  ];
  expect((await users({ kind: "OCIRepository", name: "base" })).users.sort()).toEqual(direct);
  expect((await users({ kind: "OCIRepository", name: "base", cluster: id, depth: 5 })).users.sort()).toEqual([
    ...direct,
    "2 used-07 Kustomization apps: dependsOn",
  ]);
});

test("who applied an object of another kind is found by the inventories", async () => {
  const id = await cluster();
  await storeLinked(fixture.database, id, [
    { object: "Kustomization app", applied: ["web_web_apps_Deployment", "web_web__Service"] },
    { object: "HelmRelease app", applied: ["web_web_other_Deployment"] },
  ]);
  const applied = { kind: "Deployment", namespace: "web", name: "web" };
  expect((await users({ ...applied, group: "apps" })).users).toEqual(["1 used-08 Kustomization app: applies"]);
  expect((await users({ ...applied, kind: "Service", cluster: id })).users).toEqual([
    "1 used-08 Kustomization app: applies",
  ]);
  expect((await users({ ...applied, name: "web2", group: "apps" })).users).toEqual([]);
});

test("nobody learns of clusters, users or words they may not see", async () => {
  const [mine, theirs] = [await cluster(), await cluster()];
  for (const id of [mine, theirs])
    await storeLinked(fixture.database, id, [
      { object: "HelmRepository shared" },
      { object: "HelmRelease app", to: ["source HelmRepository shared"] },
    ]);
  fixture.rights.give("tenant", {
    allows: (_, scope) => scope.clusterId === undefined || scope.clusterId === mine,
    sees: isIn("clusterId", [mine]),
  });
  expect(await users({ kind: "HelmRepository", name: "shared" }, "tenant")).toMatchObject({
    users: ["1 used-09 HelmRelease app: source"],
    clusters: ["used-09 Ready main@sha1:5d5c4c1 1"],
  });
  const ref = { kind: "HelmRepository", namespace: "apps", name: "shared" };
  expect((await fixture.refusal(usedBy, { ...ref, cluster: theirs }, "tenant")).code).toBe("CLUSTER_NOT_FOUND");
  fixture.rights.give("stranger", allBut("resource.read"));
  expect((await fixture.refusal(usedBy, ref, "stranger")).code).toBe("FORBIDDEN");
});

test("a kind that could be none, a NUL, and a depth over the whole fleet are refused", async () => {
  const ref = { kind: "Bucket", namespace: "apps", name: "a" };
  expect((await fixture.refusal(usedBy, { ...ref, kind: "no/kind" })).code).toBe("KIND_NOT_SUPPORTED");
  expect((await fixture.refusal(usedBy, { ...ref, name: "a\0" })).code).toBe("NAME");
  const id = await cluster();
  expect((await fixture.refusal(usedBy, { ...ref, cluster: id, depth: 6 })).code).toBe("INPUT_INVALID");
  expect((await fixture.refusal(usedBy, { ...ref, depth: 2 })).code).toBe("INPUT_INVALID");
  expect((await fixture.refusal(usedBy, { ...ref, cluster: id, except: id })).code).toBe("INPUT_INVALID");
});
