import { beforeAll, describe, expect, test } from "bun:test";
import { appendLog, applyCountDeltas } from "@flux-orchestrator/db";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { kubeconfigText } from "../../test/kubeconfig-text.ts";
import { allBut } from "../../test/rights.ts";
import { favoriteCluster } from "./favorite.ts";
import { getCluster } from "./get.ts";
import { labelClusters } from "./label.ts";
import { listClusters } from "./list.ts";
import { probeCluster } from "./probe.ts";
import { registerCluster } from "./register.ts";
import { removeCluster } from "./remove.ts";
import { resyncCluster } from "./resync.ts";
import { updateCluster } from "./update.ts";

const fixture = useApi();
const TOKEN = "q7mark5z-token";
const register = (name: string, more: object = {}) =>
  fixture.perform(registerCluster, { name, kubeconfig: kubeconfigText({ token: TOKEN }), ...more });
const sealedOf = async (id: string) =>
  (await fixture.database.sql<{ sealed: string }[]>`select sealed from cluster_credentials where cluster_id = ${id}`)[0]
    ?.sealed;
const everything = async () => JSON.stringify(await fixture.perform(listClusters, undefined));
/** What people have set; the fleet writes the rest meanwhile. */
const registered = async () =>
  (await fixture.perform(listClusters, undefined)).map(({ id, name, server, updatedAt }) => [
    id,
    name,
    server,
    updatedAt,
  ]);

describe("registering", () => {
  test("a cluster that does not answer is registered, and its status says so", async () => {
    const cluster = await register("Unreachable", { environment: "dev", labels: { team: "a" }, description: "<b>" });
    expect(cluster).toMatchObject({
      name: "Unreachable",
      slug: "unreachable",
      environment: "dev",
      labels: { team: "a" },
      description: "<b>",
      status: "unhealthy",
      problem: { code: "CLUSTER_UNREACHABLE" },
      credential: { kind: "token", expiresAt: null },
      insecureTls: false,
      source: "manual",
    });
    expect(await fixture.perform(getCluster, { cluster: cluster.id })).toMatchObject({
      slug: "unreachable",
      kinds: [],
    });
  });

  test("the credential is sealed: no answer, no record and no other column holds it", async () => {
    const { id } = await register("sealed");
    expect(await sealedOf(id)).not.toContain(TOKEN);
    expect(
      JSON.parse(
        fixture.keyring.open({ table: "cluster_credentials", row: id, column: "sealed" }, (await sealedOf(id))!),
      ),
    ).toMatchObject({ token: TOKEN });
    expect(await everything()).not.toContain(TOKEN);
    expect(JSON.stringify([await fixture.recorded(), fixture.log])).not.toContain(TOKEN);
    const [row] = await fixture.database.sql`select to_jsonb(c)::text as text from clusters c where id = ${id}`;
    expect(row?.text).not.toContain(TOKEN);
  });

  test("a name that differs by case, width or spaces alone is taken; the refused attempt changes nothing and is kept", async () => {
    await register("Straße  Ost");
    const before = await registered();
    for (const name of ["straße ost", "STRASSE OST".replace("SS", "ß"), "Ｓtraße Ost"]) {
      const input = { name, kubeconfig: kubeconfigText({ token: TOKEN }) };
      expect(await fixture.refusal(registerCluster, input)).toMatchObject({ code: "CLUSTER_NAME_TAKEN" });
    }
    expect(await registered()).toEqual(before);
    expect((await fixture.recorded()).filter(({ outcome }) => outcome === "failed")).toHaveLength(3);
  });

  test("of many at once with one name, one is registered", async () => {
    const answers = await Promise.allSettled(Array.from({ length: 6 }, () => register("Race")));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const failed = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.code] : []));
    expect(failed).toEqual(Array(5).fill("CLUSTER_NAME_TAKEN"));
  });

  test("many at once with names of one slug all get their own", async () => {
    const names = ["Same Slug", "same-slug", "Same_Slug", "same.slug", "same/slug"];
    const slugs = await Promise.all(names.map(async (name) => (await register(name)).slug));
    expect(slugs.sort()).toEqual(["same-slug", "same-slug-2", "same-slug-3", "same-slug-4", "same-slug-5"]);
  });

  test("waits for no flush of another cluster, however long, until both tell the feed", async () => {
    const { sql } = fixture.database;
    const { id: clusterId } = await register("Being listed");
    await sql.begin(async (flush) => {
      await storeResources(flush, [resourceRow({ clusterId, labels: { app: "long" } })]);
      await applyCountDeltas(flush, [{ clusterId, namespace: "apps", group: "g", kind: "K", word: "Ready", delta: 1 }]);
      expect(await register("Meanwhile")).toMatchObject({ slug: "meanwhile" });
    });
  });

  test("of many at once none waits for another one, only for the feed's head", async () => {
    const { sql } = fixture.database;
    const waiting = () => sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%update feed_head%'`;
    const names = ["Line 1", "Line 2", "Line 3", "Line 4"];
    let registering: Promise<unknown[]> | undefined;
    await sql.begin(async (flush) => {
      await appendLog(flush, [{ subject: "cluster", op: "upsert", clusterId: crypto.randomUUID() }]);
      registering = Promise.all(names.map((name) => register(name)));
      await until("all have come to the feed's head", async () => (await waiting()).length >= names.length);
    });
    expect(await registering).toHaveLength(names.length);
  });

  test("slugs are free, short and plain, whatever the name", async () => {
    const slugs: [name: string, slug: string][] = [
      ["../x", "x"],
      ["a/b", "a-b"],
      ["a b", "a-b-2"],
      ["Ünïcode!", "unicode"],
      ["東京", "cluster"],
      ["大阪", "cluster-2"],
      ["__proto__", "proto"],
      ["null", "null"],
      ["x".repeat(253), "x".repeat(63)],
      [`${"x".repeat(252)}y`, `${"x".repeat(57)}-2`],
    ];
    for (const [name, slug] of slugs) expect((await register(name)).slug).toBe(slug);
  });

  test("what is wrong with a kubeconfig is said by its code, without a part of it", async () => {
    const insecure = kubeconfigText({ token: TOKEN }, { "insecure-skip-tls-verify": true });
    const cases: [kubeconfig: string, code: string, more?: object][] = [
      ["", "KUBECONFIG_EMPTY"],
      [`${TOKEN}: [`, "KUBECONFIG_SYNTAX"],
      [TOKEN, "KUBECONFIG_SHAPE"],
      [TOKEN.repeat(30_000), "KUBECONFIG_TOO_LARGE"],
      [kubeconfigText({ exec: { command: TOKEN } }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
      [kubeconfigText({ tokenFile: `/${TOKEN}` }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
      [kubeconfigText({ token: TOKEN }), "KUBECONFIG_CONTEXT_UNKNOWN", { context: TOKEN }],
      [insecure, "TLS_VERIFY_REQUIRED"],
      [kubeconfigText({ token: TOKEN }, { server: `https://169.254.169.254/${TOKEN}` }), "EGRESS_DENIED"],
      [kubeconfigText({ token: TOKEN }, { server: `http://${TOKEN}` }), "SERVER_URL_SCHEME"],
    ];
    const before = await registered();
    for (const [kubeconfig, code, more] of cases) {
      const answer = await fixture.refusal(registerCluster, { name: "refused", kubeconfig, ...more });
      expect([code, answer.code]).toEqual([code, code]);
      expect(JSON.stringify(answer)).not.toContain(TOKEN);
    }
    expect(await registered()).toEqual(before);
    expect(JSON.stringify(await fixture.recorded())).not.toContain(TOKEN);
    expect(await register("insecure", { kubeconfig: insecure, allowInsecureTls: true })).toMatchObject({
      insecureTls: true,
    });
  });

  test("needs the permission", async () => {
    fixture.rights.give("guest", allBut("cluster.create"));
    const input = { name: "by-guest", kubeconfig: kubeconfigText({ token: TOKEN }) };
    expect(await fixture.refusal(registerCluster, input, "guest")).toMatchObject({ code: "FORBIDDEN" });
    expect(await everything()).not.toContain("by-guest");
  });
});

describe("changing", () => {
  let id = "";
  beforeAll(async () => {
    id = (await register("Changing")).id;
  });
  const get = () => fixture.perform(getCluster, { cluster: id });

  test("only what is given changes, and the slug stays with the address", async () => {
    const before = await get();
    const changed = await fixture.perform(updateCluster, {
      cluster: "changing",
      name: "Changed",
      description: "new",
      healthCheckIntervalSeconds: 60,
      labels: { a: "b" },
    });
    expect(changed).toMatchObject({
      id,
      slug: "changing",
      name: "Changed",
      description: "new",
      labels: { a: "b" },
      healthCheckIntervalSeconds: 60,
      environment: before.environment,
      server: before.server,
    });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      action: "update",
      message: "Changed name, description, health_check_interval, labels",
    });
  });

  test("a cluster may be renamed in case, but not to another's name", async () => {
    expect(await fixture.perform(updateCluster, { cluster: id, name: "CHANGED" })).toMatchObject({ name: "CHANGED" });
    await register("Neighbour");
    expect(await fixture.refusal(updateCluster, { cluster: id, name: "neighbour" })).toMatchObject({
      code: "CLUSTER_NAME_TAKEN",
    });
    expect(await get()).toMatchObject({ name: "CHANGED" });
  });

  test("of a rename and a registration with one name at once, one is refused", async () => {
    const renamed = await register("Before the race");
    const answers = await Promise.allSettled([
      register("Raced for"),
      fixture.perform(updateCluster, { cluster: renamed.id, name: "raced for" }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [refused] = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.code] : []));
    expect(refused).toBe("CLUSTER_NAME_TAKEN");
  });

  test("a new kubeconfig replaces the sealed credential and the address", async () => {
    const before = await sealedOf(id);
    const kubeconfig = kubeconfigText({ username: "u", password: TOKEN }, { server: "https://127.0.0.1:2" });
    const changed = await fixture.perform(updateCluster, { cluster: id, kubeconfig });
    expect(changed).toMatchObject({ server: "https://127.0.0.1:2", credential: { kind: "basic" } });
    expect(await sealedOf(id)).not.toBe(before);
    expect((await fixture.recorded()).at(-1)?.message).toBe("Changed kubeconfig");
    const refused = { cluster: id, name: "Not this either", kubeconfig: "x: [" };
    expect(await fixture.refusal(updateCluster, refused)).toMatchObject({ code: "KUBECONFIG_SYNTAX" });
    expect(await get()).toMatchObject({ name: "CHANGED", server: "https://127.0.0.1:2" });
  });

  test("a favourite is marked and unmarked", async () => {
    const marks: boolean[] = [];
    for (let turn = 0; turn < 3; turn++)
      marks.push((await fixture.perform(favoriteCluster, { cluster: id })).isFavorite);
    expect(marks).toEqual([true, false, true]);
  });

  test("labels are added, replaced and removed on many clusters at once, or on none", async () => {
    const other = await register("Other", { labels: { keep: "1", drop: "1" } });
    await fixture.perform(labelClusters, {
      clusters: [id, "other", other.id],
      environment: "prod",
      labels: { drop: null, tier: "gold" },
    });
    const labelled = await fixture.perform(getCluster, { cluster: other.id });
    expect(labelled).toMatchObject({ environment: "prod", labels: { keep: "1", tier: "gold" } });
    expect(labelled.labels).not.toHaveProperty("drop");
    expect(await get()).toMatchObject({ environment: "prod", labels: { tier: "gold" } });
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      resourceType: "clusters",
      message: "environment prod, removed drop, tier=gold",
    });

    const full = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`k${index}`, "v"]));
    await fixture.perform(labelClusters, { clusters: [other.id], labels: { keep: null, tier: null, ...full } });
    const refused = { clusters: [id, other.id], labels: { onetoomany: "x" } };
    expect(await fixture.refusal(labelClusters, refused)).toMatchObject({ code: "LABELS" });
    expect((await get()).labels).not.toHaveProperty("onetoomany");
    expect(await fixture.refusal(labelClusters, { clusters: [id, "nowhere"], environment: "x" })).toMatchObject({
      code: "CLUSTER_NOT_FOUND",
    });
    expect(await get()).toMatchObject({ environment: "prod" });
  });

  test("needs the permission on every cluster named", async () => {
    const [mine, theirs] = [await register("Mine"), await register("Theirs")];
    fixture.rights.give("owner", {
      allows: (permission, { clusterId }) => permission === "cluster.read" || clusterId === mine.id,
    });
    await fixture.perform(labelClusters, { clusters: [mine.id], environment: "dev" }, "owner");
    const both = { clusters: [mine.id, theirs.id], environment: "prod" };
    expect(await fixture.refusal(labelClusters, both, "owner")).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.refusal(updateCluster, { cluster: theirs.id, name: "Taken" }, "owner")).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await fixture.refusal(favoriteCluster, { cluster: theirs.id }, "owner")).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await fixture.refusal(removeCluster, { cluster: theirs.id }, "owner")).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.perform(getCluster, { cluster: theirs.id })).toMatchObject({
      name: "Theirs",
      environment: "",
    });
    expect(await fixture.perform(getCluster, { cluster: mine.id })).toMatchObject({ environment: "dev" });
  });
});

describe("removing", () => {
  test("hides the cluster at once, wipes its credential and frees its name; its activities stay", async () => {
    const { id } = await register("Leaving");
    expect(await fixture.perform(removeCluster, { cluster: "leaving" })).toEqual({ id });
    expect(await sealedOf(id)).toBeUndefined();
    for (const operation of [getCluster, favoriteCluster, removeCluster, probeCluster, resyncCluster])
      expect(await fixture.refusal(operation, { cluster: id })).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    expect(
      (await fixture.recorded()).filter(({ clusterName }) => clusterName === "Leaving").map(({ action }) => action),
    ).toEqual(["create", "delete"]);
    const again = await register("Leaving");
    expect(again.slug).toBe("leaving");
    expect(again.id).not.toBe(id);
    await until("its rows are dropped", async () => {
      const owners = await fixture.database.sql`select from cluster_owners where cluster_id = ${id}`;
      return owners.length === 0;
    });
  });

  test("of two who remove it at once, one does and the other is told that it is gone", async () => {
    const { id } = await register("Contested");
    const answers = await Promise.allSettled([1, 2, 3].map(() => fixture.perform(removeCluster, { cluster: id })));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    const outcomes = (await fixture.recorded())
      .filter(({ action, resourceId }) => action === "delete" && resourceId === id)
      .map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "success")).toHaveLength(1);
  });
});

test("a resync of a cluster that does not answer fails as the cluster did, and is recorded", async () => {
  const { id } = await register("Silent");
  expect(await fixture.refusal(resyncCluster, { cluster: id })).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
  expect((await fixture.recorded()).at(-1)).toMatchObject({ action: "sync", outcome: "failed" });
  fixture.rights.give("guest", allBut("resource.reconcile"));
  expect(await fixture.refusal(resyncCluster, { cluster: id }, "guest")).toMatchObject({ code: "FORBIDDEN" });
});

test("a credential sealed with another key says what to do, and the cluster stays as it is", async () => {
  const { id } = await register("Locked");
  await fixture.database.sql`update cluster_credentials set sealed = 'v1.other.key.value' where cluster_id = ${id}`;
  fixture.fleet.changed(id);
  await until("the fleet found out", async () => {
    const { stream } = await fixture.perform(getCluster, { cluster: id });
    return stream === "locked";
  });
  expect(await fixture.perform(probeCluster, { cluster: id })).toMatchObject({
    status: "unhealthy",
    problem: { code: "CREDENTIAL_LOCKED" },
  });
});
