import { connect, type Sql } from "@flux-orchestrator/db";
import { insertCluster } from "@flux-orchestrator/fleet/measured";
import type { Bench } from "../lib/bench.ts";
import { createRowAtATime } from "../lib/doubles/row-at-a-time.ts";
import { LivingObject } from "../lib/living-object.ts";
import { runs } from "../lib/load.ts";
import { walBytes } from "../lib/postgres.ts";
import { median } from "../lib/statistics.ts";
import { startWritingReplica } from "../lib/writing-replica.ts";

/** Of 20 events one is news. */
const NEWS_EACH = 20;
const EVENTS_A_SECOND = 2_000;
const TICK_MS = 10;

/** What was written, for each event. */
interface Written {
  rows: number;
  wal: number;
}

export const writes: Bench = {
  name: "writes",
  about: "rows and write-ahead log for each watch event, 95 % of which are heartbeats",
  async run(stage) {
    const size = stage.size({ quick: { clusters: 20, perCluster: 200 }, full: { clusters: 200, perCluster: 500 } });
    const events = stage.size({ quick: 4_000, full: 60_000 });
    const url = await stage.emptyDatabase();
    const database = connect({ url });
    const { sql } = database;
    const clusterIds = await Promise.all(Array.from({ length: size.clusters }, () => insertCluster(database)));
    const replica = await startWritingReplica(database, clusterIds, () => {});
    const objects = clusterIds.map((clusterId) =>
      Array.from({ length: size.perCluster }, (_, nth) => new LivingObject(kustomization(clusterId, nth))),
    );
    const all = objects.flatMap((list, at) => list.map((object) => ({ clusterId: clusterIds[at]!, object })));
    const list = async () => {
      for (const [at, clusterId] of clusterIds.entries())
        await replica.list(
          clusterId,
          "Kustomization",
          objects[at]!.map((object) => object.toObject()),
        );
      await replica.settled();
    };
    let nth = 0;
    const next = () => {
      const { clusterId, object } = all[(nth * 7919) % all.length]!;
      if (nth++ % NEWS_EACH === 0) object.news();
      else object.heartbeat();
      return { clusterId, object: object.toObject() };
    };
    const live = async () => {
      const beganMs = performance.now();
      for (let sent = 0; sent < events; await Bun.sleep(TICK_MS))
        for (
          const due = ((performance.now() - beganMs) / 1000) * EVENTS_A_SECOND;
          sent < Math.min(due, events);
          sent++
        ) {
          const { clusterId, object } = next();
          await replica.event(clusterId, object);
        }
      await replica.settled();
    };
    await list();

    const afterCheckpoint = await writtenBy(sql, events, async () => {
      await sql`checkpoint`;
      await live();
    });
    const steady = await runs(3, () => writtenBy(sql, events, live));
    await replica.restart();
    const restarted = await writtenBy(sql, all.length, list);
    await replica.stop();

    const save = await createRowAtATime(sql);
    const saved = Math.min(all.length, stage.size({ quick: 500, full: 10_000 }));
    for (const { clusterId, object } of all.slice(0, saved)) await save(clusterId, object.toObject());
    const double = await writtenBy(sql, saved, async () => {
      for (const { clusterId, object } of all.slice(0, saved)) await save(clusterId, object.toObject());
    });
    await database.close();

    const conditions = { ...size, events, eventsPerSecond: EVENTS_A_SECOND, heartbeats: 1 - 1 / NEWS_EACH };
    const against = (of: keyof Written, double: number) => ({
      what: "saving row by row",
      ratio: double / median(steady.map((run) => run[of])),
    });
    stage.report({
      metric: "resource rows for an event",
      values: steady.map(({ rows }) => rows),
      unit: "rows",
      goal: { max: 0.08 },
      against: against("rows", 1),
      conditions,
    });
    stage.report({
      metric: "write-ahead log for an event",
      values: steady.map(({ wal }) => wal),
      unit: "B",
      goal: { max: 400 },
      against: against("wal", double.wal),
      conditions,
    });
    stage.report({
      metric: "write-ahead log for an event after a checkpoint",
      values: afterCheckpoint.wal,
      unit: "B",
      conditions,
    });
    stage.report({
      metric: "resource rows of a restart without a change",
      values: restarted.rows * all.length,
      unit: "rows",
      goal: { max: 0 },
      conditions,
    });
  },
};

const kustomization = (clusterId: string, nth: number) => ({
  group: "kustomize.toolkit.fluxcd.io",
  kind: "Kustomization",
  namespace: `team-${nth % 20}`,
  name: `app-${nth}`,
  uid: `${clusterId.slice(0, 24)}${String(nth).padStart(12, "0")}`,
});

/** What some work wrote, divided by how many events it was about. */
async function writtenBy(sql: Sql, events: number, work: () => Promise<void>): Promise<Written> {
  const before = { rows: await rowsWritten(sql), wal: await walBytes(sql) };
  await work();
  const wal = await walBytes(sql);
  return { rows: ((await rowsWritten(sql)) - before.rows) / events, wal: (wal - before.wal) / events };
}

/** Every write of a row is one entry of the change log, and entries are numbered without gaps. */
async function rowsWritten(sql: Sql): Promise<number> {
  const [row] = await sql<{ rows: number }[]>`select number::float8 as rows from feed_head`;
  return row!.rows;
}
