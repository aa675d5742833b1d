import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import {
  createNamespace,
  createObject,
  deleteObject,
  installFluxCrds,
  type KubeApiserver,
  patchStatus,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { Fleet } from "../start-fleet.ts";
import {
  clusterRow,
  gitRepository,
  objectRows,
  readyStatus,
  startTestFleet,
  targetOf,
  testKeyring,
} from "../test-clusters.ts";
import { insertCluster } from "../test-fleet.ts";

setDefaultTimeout(180_000);

describe.skipIf(!(await requirement("kube-apiserver")))("an outage", () => {
  const fixture = useDatabase();
  const key = randomBytes(32);
  const keyring = testKeyring(key);
  let apiserver: KubeApiserver;
  let fleet: Fleet;
  let clusterId: string;
  let namespace: string;
  let nowMs: number | undefined;

  const rowOf = (id = clusterId) => clusterRow(fixture.database, id);
  const untilStream = (stream: string, deadlineMs?: number, id = clusterId) =>
    until(`the stream is ${stream}`, async () => (await rowOf(id)).stream === stream, deadlineMs);
  const words = async () =>
    [...(await objectRows(fixture.database, clusterId, namespace)).values()].map(({ name, word }) => `${name} ${word}`);
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    namespace = await createNamespace(apiserver);
    await createObject(apiserver, gitRepository(namespace, "fleet", { status: "True" }));
    await createObject(apiserver, gitRepository(namespace, "doomed", { status: "True" }));
    clusterId = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring });
    ({ fleet } = await startTestFleet(fixture.database, keyring, { now: () => nowMs ?? Date.now() }));
    await untilStream("live");
  });
  afterAll(async () => {
    await fleet?.stop();
    await apiserver?.stop();
  });

  test("a killed API server shows within ten seconds; what is stored stays, and is said to be old", async () => {
    const before = await words();
    const killedAt = performance.now();
    await apiserver.kill();
    await untilStream("stale", 10_000);
    console.log(`killed → shown as stale: ${Math.round(performance.now() - killedAt)} ms`);
    const row = await rowOf();
    expect(row).toMatchObject({ status: "unhealthy", problem: { code: "CLUSTER_UNREACHABLE" } });
    expect(row.confirmedAt!.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await words()).toEqual(before);
    expect(await fleet.resync(clusterId).catch((error: { code: string }) => error.code)).toBe("CLUSTER_UNREACHABLE");
    expect(await fleet.probe(clusterId)).toMatchObject({ healthy: false, problem: { code: "CLUSTER_UNREACHABLE" } });
  });

  test("restarted, it is live again by itself, and equal", async () => {
    await apiserver.restart();
    const source = gitRepository(namespace, "fleet");
    await patchStatus(apiserver, source, readyStatus({ status: "False", message: "no such branch" }));
    await deleteObject(apiserver, gitRepository(namespace, "doomed"));
    await createObject(apiserver, gitRepository(namespace, "new"));
    await untilStream("live");
    await until("the rows are equal", async () =>
      Bun.deepEquals(await words(), ["GitRepository/fleet Failed", "GitRepository/new Progressing"]),
    );
    expect(await rowOf()).toMatchObject({ status: "healthy", problem: null });
  });

  test("a change that no watch told is found by the periodic list", async () => {
    const { sql } = fixture.database;
    await fleet.periodic();
    await sql`update flux_resources set word = 'Ready', fingerprint = '' where cluster_id = ${clusterId} and name = 'fleet'`;
    await sql`update flux_resources set resource_version = '1' where cluster_id = ${clusterId} and name = 'fleet'`;
    nowMs = Date.now() + 10 * 60_000;
    await fleet.periodic();
    nowMs = undefined;
    expect(await words()).toContain("GitRepository/fleet Failed");
  });

  test("a credential of another key is locked, and opens once it is replaced", async () => {
    const { sql } = fixture.database;
    const id = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring: testKeyring() });
    fleet.added(id);
    await untilStream("locked", undefined, id);
    expect(await rowOf(id)).toMatchObject({ status: "unhealthy", problem: { code: "CREDENTIAL_LOCKED" } });
    const place = { table: "cluster_credentials", row: id, column: "sealed" };
    const sealed = keyring.seal(place, JSON.stringify(targetOf(apiserver)));
    await sql`update cluster_credentials set sealed = ${sealed} where cluster_id = ${id}`;
    fleet.changed(id);
    await untilStream("live", undefined, id);
    expect(await rowOf(id)).toMatchObject({ status: "healthy", problem: null });
    await fleet.removed(id);
  });

  test("a server that accepts and never answers keeps nobody: not the other clusters, not the end", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    const { port } = silent.address() as { port: number };
    const target = { ...targetOf(apiserver), server: `https://127.0.0.1:${port}` };
    const id = await insertCluster(fixture.database, { target, keyring });
    fleet.added(id);
    await until(
      "it is connected to",
      () => new Promise<boolean>((told) => silent.getConnections((_, count) => told(count > 0))),
    );
    await patchStatus(apiserver, gitRepository(namespace, "fleet"), readyStatus({ status: "True" }));
    await until("the other cluster goes on", async () => (await words()).includes("GitRepository/fleet Ready"));
    const beganAt = performance.now();
    await fleet.removed(id);
    expect(performance.now() - beganAt).toBeLessThan(5_000);
    silent.close();
  });

  test("a stopped fleet has given its clusters back and leaves nothing that keeps its process alive", async () => {
    await fleet.stop();
    expect(await fixture.database.sql`select from replicas`).toHaveLength(0);
    await until(
      "nobody listens",
      async () => (await fixture.database.sql`select from pg_stat_activity where query ilike 'listen%'`).length === 0,
    );
    const { target } = fixture.database;
    const script = `
      import { connect, createKeyring } from "@flux-orchestrator/db";
      import { startTestFleet } from ${JSON.stringify(join(import.meta.dir, "../test-clusters.ts"))};
      const database = connect(JSON.parse(process.env.TARGET));
      const { fleet } = await startTestFleet(database, createKeyring(Buffer.from(process.env.KEY, "hex")));
      const { healthy } = await fleet.probe(process.env.CLUSTER);
      const { count } = await fleet.resync(process.env.CLUSTER);
      await fleet.stop();
      await database.close();
      console.log("stopped", healthy, count);`;
    const child = Bun.spawn([process.execPath, "--eval", script], {
      cwd: import.meta.dir,
      env: { ...process.env, TARGET: JSON.stringify(target), CLUSTER: clusterId, KEY: key.toString("hex") },
      stdout: "pipe",
      stderr: "inherit",
    });
    const stopped = performance.now();
    expect(await child.stdout.text()).toBe("stopped true 2\n");
    expect(await child.exited).toBe(0);
    console.log(`started, watched, stopped and ended by itself: ${Math.round(performance.now() - stopped)} ms`);
  });
});
