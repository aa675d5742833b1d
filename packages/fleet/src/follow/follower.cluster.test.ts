import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import {
  createNamespace,
  createObject,
  deleteObject,
  getObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  patchObject,
  patchStatus,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { OpenRun } from "../ports.ts";
import type { Fleet } from "../start-fleet.ts";
import { clusterRow, gitRepository, readyStatus, startTestFleet, targetOf, testKeyring } from "../test-clusters.ts";
import { insertCluster, type RecordingLog } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

describe.skipIf(!(await requirement("kube-apiserver")))("a reconcile that is followed", () => {
  const fixture = useDatabase();
  const keyring = testKeyring();
  let apiserver: KubeApiserver;
  let fleet: Fleet;
  let log: RecordingLog;
  let clusterId: string;
  let namespace: string;
  let source: KubeObject;
  let token: string;

  const start = async () => {
    ({ fleet, log } = await startTestFleet(fixture.database, keyring));
    await until("the cluster is live", async () => (await clusterRow(fixture.database, clusterId)).stream === "live");
  };
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    clusterId = await insertCluster(fixture.database, { target: targetOf(apiserver), keyring });
    await start();
  });
  afterAll(async () => {
    await fleet?.stop();
    await apiserver?.stop();
  });
  beforeEach(async () => {
    namespace = await createNamespace(apiserver);
    source = await createObject(apiserver, gitRepository(namespace, "fleet", { status: "True" }));
    token = `2026-01-02T03:04:05.${Math.floor(Math.random() * 1e9)}Z`;
  });

  /** Asks as the operation does: the first object's annotation, then the run's row. */
  async function ask(chain: readonly KubeObject[], deadlineMs = 600_000): Promise<OpenRun> {
    const { sql } = fixture.database;
    const steps = chain.map(({ apiVersion, kind, metadata }, index) => ({
      group: apiVersion.split("/")[0],
      kind,
      namespace,
      name: metadata.name,
      state: index === 0 ? "requested" : "waiting",
    }));
    const { state: _, ...key } = steps.at(-1)!;
    await patchObject(apiserver, chain[0]!, { metadata: { annotations: { [REQUESTED_AT]: token } } });
    const run = {
      id: crypto.randomUUID(),
      token,
      uid: chain.at(-1)!.metadata.uid!,
      steps: JSON.stringify(steps),
      options: JSON.stringify({ withSource: chain.length > 1, force: false, reset: false }),
    };
    const deadlineAt = new Date(Date.now() + deadlineMs);
    await sql`insert into reconcile_runs ${sql({
      ...run,
      cluster_id: clusterId,
      ...key,
      phase: "requested",
      message: "Waiting for the controller.",
      actor: "system",
      started_at: new Date(),
      deadline_at: deadlineAt,
    } as never)}`;
    return { ...run, clusterId, kind: key.kind!, deadlineAt };
  }
  const follow = async (chain: readonly KubeObject[], deadlineMs?: number) => {
    const run = await ask(chain, deadlineMs);
    fleet.follow(run);
    return run.id;
  };
  /** The controller's part: it copies the token and says how it went. */
  const handle = (object: KubeObject, ready: Parameters<typeof readyStatus>[0]) =>
    patchStatus(apiserver, object, readyStatus(ready, { lastHandledReconcileAt: token }));
  const runOf = async (id: string) => {
    const [row] = await fixture.database.sql<
      { phase: string; outcome: string | null; message: string; steps: string; endedAt: Date | null }[]
    >`
      select phase, outcome, message, steps, ended_at as "endedAt" from reconcile_runs where id = ${id}`;
    return { ...row!, steps: (JSON.parse(row!.steps) as { state: string }[]).map(({ state }) => state) };
  };
  const ended = (id: string) =>
    until("the run has ended", async () => {
      const run = await runOf(id);
      return run.phase === "ended" && run;
    });

  test("ends as ready once the controller has acted and the object is Ready", async () => {
    const id = await follow([source]);
    await handle(source, { status: "Unknown", message: "fetching" });
    await until("it was handled", async () => (await runOf(id)).phase === "handled");
    expect(await runOf(id)).toMatchObject({ outcome: null, endedAt: null, message: "fetching" });
    await handle(source, { status: "True", message: "stored artifact" });
    expect(await ended(id)).toMatchObject({
      outcome: "ready",
      message: "stored artifact",
      steps: ["ready"],
      endedAt: expect.any(Date),
    });
    const told = await fixture.database.sql`select from change_log where run_id = ${id}`;
    expect(told.length).toBeGreaterThanOrEqual(2);
  });

  test("ends as failed with the controller's words", async () => {
    const id = await follow([source]);
    await handle(source, { status: "False", message: "authentication required" });
    expect(await ended(id)).toMatchObject({ outcome: "failed", message: "authentication required", steps: ["failed"] });
  });

  test("ends as timed out when the controller does not act in time", async () => {
    const id = await follow([source], 500);
    expect(await ended(id)).toMatchObject({ outcome: "timed-out", message: "The controller did not act in time." });
  });

  test("ends as timed out when the controller acted but the object did not become Ready", async () => {
    const run = await ask([source], 1_500);
    await handle(source, { status: "Unknown", message: "fetching" });
    fleet.follow(run);
    expect(await ended(run.id)).toMatchObject({
      outcome: "timed-out",
      message: "The controller acted, but the object did not become Ready in time.",
    });
  });

  test("ends as superseded, suspended or deleted when that is what happened", async () => {
    const first = await follow([source]);
    await patchObject(apiserver, source, { metadata: { annotations: { [REQUESTED_AT]: "a later one" } } });
    expect(await ended(first)).toMatchObject({ outcome: "superseded" });
    const second = await follow([source]);
    await patchObject(apiserver, source, { spec: { suspend: true } });
    expect(await ended(second)).toMatchObject({ outcome: "suspended" });
    await patchObject(apiserver, source, { spec: { suspend: null } });
    const third = await follow([source]);
    await deleteObject(apiserver, source);
    expect(await ended(third)).toMatchObject({ outcome: "deleted" });
  });

  test("asks the next object of a chain once the one before is Ready, and not earlier", async () => {
    const kustomization = await createObject(apiserver, kustomizationOf(namespace));
    const asked = async () => (await getObject(apiserver, kustomization)).metadata.annotations?.[REQUESTED_AT];
    const id = await follow([source, kustomization]);
    await handle(source, { status: "Unknown", message: "fetching" });
    await until("the source was handled", async () => (await runOf(id)).steps[0] === "handled");
    expect(await asked()).toBeUndefined();
    await handle(source, { status: "True" });
    await until("the Kustomization is asked", async () => (await runOf(id)).steps[1] === "requested");
    expect(await asked()).toBe(token);
    expect(await runOf(id)).toMatchObject({ outcome: null, steps: ["ready", "requested"] });
    await handle(kustomization, { status: "True", message: "Applied revision" });
    expect(await ended(id)).toMatchObject({ outcome: "ready", steps: ["ready", "ready"], message: "Applied revision" });
  });

  test("a source that fails ends the chain, and the object itself is not asked", async () => {
    const kustomization = await createObject(apiserver, kustomizationOf(namespace));
    const id = await follow([source, kustomization]);
    await handle(source, { status: "False", message: "no such branch" });
    expect(await ended(id)).toMatchObject({
      outcome: "failed",
      message: `GitRepository ${namespace}/fleet: no such branch`,
      steps: ["failed", "waiting"],
    });
    expect((await getObject(apiserver, kustomization)).metadata.annotations?.[REQUESTED_AT]).toBeUndefined();
  });

  test("a failure that could not be stored at once is stored as a failure", async () => {
    const { sql } = fixture.database;
    await sql.unsafe(`
      create sequence run_failures;
      create function fail_run() returns trigger language plpgsql as $$ begin
        if new.phase = 'ended' and nextval('run_failures') = 1 then raise exception 'no space left' using errcode = 'disk_full'; end if;
        return new;
      end $$;
      create trigger fail_run before update on reconcile_runs for each row execute function fail_run();`);
    const id = await follow([source]);
    await handle(source, { status: "False", message: "authentication required" });
    expect(await ended(id)).toMatchObject({ outcome: "failed", message: "authentication required" });
    await sql.unsafe("drop trigger fail_run on reconcile_runs");
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  test("survives a restart: what happened meanwhile counts, even past the deadline", async () => {
    const open = await follow([source]);
    const other = await createObject(apiserver, gitRepository(namespace, "other", { status: "True" }));
    const late = await follow([other], 2_000);
    await fleet.stop();
    expect(await runOf(open)).toMatchObject({ phase: "requested", outcome: null });
    await handle(other, { status: "True", message: "stored artifact" });
    await fixture.database.sql`update reconcile_runs set deadline_at = now() - interval '1 minute' where id = ${late}`;
    await start();
    expect(await ended(late)).toMatchObject({ outcome: "ready", message: "stored artifact" });
    await handle(source, { status: "True", message: "after the restart" });
    expect(await ended(open)).toMatchObject({ outcome: "ready", message: "after the restart" });
  });

  test("ends as unknown when the cluster cannot be asked to the end", async () => {
    const id = await follow([source], 3_000);
    await until("it was looked at", async () => (await runOf(id)).steps[0] === "requested");
    await apiserver.kill();
    expect(await ended(id)).toMatchObject({ outcome: "unknown" });
    await apiserver.restart();
  });
});

function kustomizationOf(namespace: string): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "apps", namespace },
    spec: { interval: "10m", prune: true, path: "./", sourceRef: { kind: "GitRepository", name: "fleet" } },
  };
}
