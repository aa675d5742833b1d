import { expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { clusterRow } from "../test-clusters.ts";
import { insertCluster, recordingLog } from "../test-fleet.ts";
import { ClusterStatuses } from "./cluster-status.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const UNREACHABLE = { code: "CLUSTER_UNREACHABLE", message: "The API server cannot be reached.", hint: "Look at it." };

async function writer() {
  const clusterId = await insertCluster(fixture.database);
  const log = recordingLog();
  const status = new ClusterStatuses({ database: fixture.database, log, onWritten: () => {} }).of(clusterId);
  const told = async () =>
    (await fixture.database.sql`select from change_log where subject = 'cluster' and cluster_id = ${clusterId}`).length;
  return { clusterId, status, log, told, row: () => clusterRow(fixture.database, clusterId) };
}

test("only what differs is written and told; that time goes by is not told", async () => {
  const { status, told, row } = await writer();
  await status.set({ status: "healthy", stream: "live", problem: null, confirmedAtMs: 1_000 });
  expect(await row()).toMatchObject({ status: "healthy", stream: "live", problem: null, confirmedAt: new Date(1_000) });
  await status.set({ status: "healthy", stream: "live" });
  await status.set({ confirmedAtMs: 2_000 });
  expect([await told(), (await row()).confirmedAt]).toEqual([1, new Date(2_000)]);
  await status.set({ stream: "stale" });
  expect(await told()).toBe(2);
});

test("a problem that stays keeps the time it began at, another one begins anew", async () => {
  const { status, row } = await writer();
  await status.set({ problem: UNREACHABLE });
  const { since } = (await row()).problem!;
  await status.set({ problem: { ...UNREACHABLE, message: "It still cannot be reached." } });
  expect((await row()).problem).toMatchObject({ since, message: "It still cannot be reached." });
  await status.set({ problem: { ...UNREACHABLE, code: "CLUSTER_TLS" } });
  expect((await row()).problem!.since > since).toBe(true);
  await status.set({ problem: null });
  expect((await row()).problem).toBeNull();
});

test("a write that fails is repeated, together with what was said meanwhile", async () => {
  const { sql } = fixture.database;
  const { status, log, row } = await writer();
  await sql.unsafe(`
    create sequence status_failures;
    create function fail_status() returns trigger language plpgsql as $$ begin
      if nextval('status_failures') = 1 then raise exception 'no space left' using errcode = 'disk_full'; end if;
      return new;
    end $$;
    create trigger fail_status before update on clusters for each row execute function fail_status();`);
  const first = status.set({ status: "healthy", stream: "syncing" });
  await Promise.all([first, status.set({ stream: "live" })]);
  await sql.unsafe("drop trigger fail_status on clusters");
  expect(await row()).toMatchObject({ status: "healthy", stream: "live" });
  expect(log.lines).toEqual(["warn: the state of clusters could not be stored"]);
});

test("a closed writer has stored what it was told, and writes nothing more", async () => {
  const { status, row } = await writer();
  void status.set({ stream: "syncing" });
  void status.set({ stream: "live" });
  await status.close();
  expect(await row()).toMatchObject({ stream: "live" });
  await status.set({ stream: "stale" });
  expect(await row()).toMatchObject({ stream: "live" });
});
