import { connect } from "@flux-orchestrator/db";
import { FEED_CHANNEL, insertCluster } from "@flux-orchestrator/fleet/measured";
import type { Bench } from "../lib/bench.ts";
import { startPlainStream } from "../lib/doubles/plain-stream.ts";
import { LivingObject } from "../lib/living-object.ts";
import { cpuSeconds, residentBytes } from "../lib/process-usage.ts";
import { startProduct } from "../lib/product.ts";
import { epochMs, judgeSeen, openSubscribers } from "../lib/subscribers.ts";
import { startWritingReplica } from "../lib/writing-replica.ts";

const EVENTS_A_SECOND = 20;
/** After the last event: whatever is not there then is lost. */
const GRACE_MS = 3_000;

export const fanOut: Bench = {
  name: "fan-out",
  about: "changes told to many live subscribers, commit to parsed by the client",
  async run(stage) {
    const subscribers = stage.size({ quick: 300, full: 1_000 });
    const events = stage.size({ quick: 60, full: 100 });
    const told = await toldByProduct(await stage.emptyDatabase(), { subscribers, events });
    const plain = await toldByPlainStream({ subscribers, events });
    const conditions = { subscribers, events, eventsPerSecond: EVENTS_A_SECOND };
    const messages = subscribers * events;
    stage.report({ metric: "p50 of a change", values: told.p50, unit: "ms", conditions });
    stage.report({
      metric: "p99 of a change",
      values: told.p99,
      unit: "ms",
      goal: { max: 60 },
      against: { what: "one shared frame on plain sockets", ratio: plain.p99 / told.p99 },
      conditions,
    });
    stage.report({
      metric: "CPU of the server for a message",
      values: (told.cpuSeconds * 1e6) / messages,
      unit: "µs",
      against: { what: "one shared frame on plain sockets", ratio: plain.cpuSeconds / told.cpuSeconds },
      conditions,
    });
    stage.report({
      metric: "memory of the server for a subscriber",
      values: told.memoryBytes / subscribers / 1024,
      unit: "KiB",
      goal: { max: 15 },
      conditions,
    });
    stage.report({
      metric: "changes lost or told twice",
      values: told.lost + told.repeated,
      unit: "messages",
      goal: { max: 0 },
      conditions,
    });
  },
};

interface Size {
  subscribers: number;
  events: number;
}

async function toldByProduct(url: string, { subscribers, events }: Size) {
  const database = connect({ url });
  await using product = await startProduct(url);
  // Registered after the start, so that nobody tries to reach it.
  const clusterId = await insertCluster(database, { name: "told" });
  const committed: (() => void)[] = [];
  const replica = await startWritingReplica(database, [clusterId], () => {
    for (const tell of committed.splice(0)) tell();
    void database.sql.notify(FEED_CHANNEL, "");
  });
  const objects = Array.from({ length: events }, (_, nth) => new LivingObject(kustomization(nth)));
  for (const object of objects) await replica.event(clusterId, object.toObject());
  await replica.settled();

  const idleBytes = residentBytes(product.pid);
  await using readers = await openSubscribers(
    [product.watchUrl({ topic: "cluster", cluster: clusterId })],
    subscribers,
  );
  await Bun.sleep(GRACE_MS);
  const memoryBytes = residentBytes(product.pid) - idleBytes;
  const beforeSeconds = cpuSeconds(product.pid);
  const sentMs = await each(events, async (nth) => {
    const commit = new Promise<void>((done) => committed.push(done));
    await replica.event(clusterId, objects[nth]!.news(`mark-${nth}`).toObject());
    await commit;
  });
  await Bun.sleep(GRACE_MS);
  const spentSeconds = cpuSeconds(product.pid) - beforeSeconds;
  const judged = judgeSeen(await readers.seen(), sentMs);
  await replica.stop();
  await database.close();
  return { ...judged, memoryBytes, cpuSeconds: spentSeconds };
}

async function toldByPlainStream({ subscribers, events }: Size) {
  await using server = await startPlainStream();
  await using readers = await openSubscribers([server.url], subscribers);
  const beforeSeconds = cpuSeconds(server.pid);
  const padding = "x".repeat(600);
  const sentMs = await each(events, async (nth) => server.send(JSON.stringify({ revision: `mark-${nth}`, padding })));
  await Bun.sleep(GRACE_MS);
  const spentSeconds = cpuSeconds(server.pid) - beforeSeconds;
  return { ...judgeSeen(await readers.seen(), sentMs), cpuSeconds: spentSeconds };
}

/** Sends events at a steady rate. @returns when each was sent, epoch milliseconds */
async function each(count: number, send: (nth: number) => Promise<void>): Promise<Map<number, number>> {
  const beganMs = performance.now();
  const sentMs = new Map<number, number>();
  for (let nth = 0; nth < count; nth++) {
    await Bun.sleep(Math.max(0, beganMs + (nth * 1000) / EVENTS_A_SECOND - performance.now()));
    await send(nth);
    sentMs.set(nth, epochMs());
  }
  return sentMs;
}

const kustomization = (nth: number) => ({
  group: "kustomize.toolkit.fluxcd.io",
  kind: "Kustomization",
  namespace: "apps",
  name: `app-${nth}`,
  uid: `8d1f0c5e-0000-4000-8000-${String(nth).padStart(12, "0")}`,
});
