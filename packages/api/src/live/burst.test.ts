import { expect, test } from "bun:test";
import { connect, feedPosition } from "@flux-orchestrator/db";
import { ClusterPrints, startFlusher, testSink } from "@flux-orchestrator/fleet/measured";
import type { KubeObject } from "@flux-orchestrator/flux";
import { startPostgresFaultProxy, until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { insertCluster } from "../../test/rows.ts";
import { liveEventStream } from "./event-stream.ts";

const EVENTS = 100_000;
/** Objects, each of which changes as often one after the other. */
const OBJECTS = 10_000;
/** Objects that are being stored wait beside those whose turn has not come. */
const BATCH = 500;
const STREAMS = 30;
const NAMESPACES = 5;
/** What waits for one reader, and the stretch that is told whole on top of it. */
const UNREAD_BYTES_MAX = 2 * 256 * 1024;

const fixture = useApi();

test(`of ${EVENTS} events of one cluster, a slow database and ${STREAMS} streams nobody reads, little waits and nothing is lost`, async () => {
  const clusterId = await insertCluster(fixture.database);
  await using slow = await slowFlusher(clusterId);
  const sink = testSink("Kustomization", { clusterId, flusher: slow.flusher, prints: new ClusterPrints(clusterId) });
  const streams = await Promise.all(Array.from({ length: STREAMS }, () => openUnread(clusterId)));

  let [mostWaiting, heldBack] = [0, 0];
  for (let event = 0; event < EVENTS; event++) {
    const told = Promise.resolve(sink.onEvent("MODIFIED", changed(event)));
    mostWaiting = Math.max(mostWaiting, slow.flusher.depths.waiting);
    // A watch is not read on meanwhile.
    if (Bun.peek.status(told) === "pending") heldBack++;
    await told;
  }
  await slow.flusher.settled(clusterId);
  const { waitingMax } = fixture.fleet.depths();
  expect(mostWaiting).toBeGreaterThan(waitingMax);
  expect(mostWaiting).toBeLessThanOrEqual(waitingMax + BATCH + 1);
  expect(heldBack).toBeGreaterThan(0);
  const [stored] = await fixture.database.sql<{ objects: number; latest: number }[]>`
    select count(*)::int as objects, count(*) filter (where resource_version::int % ${EVENTS / OBJECTS} = 0)::int as latest
    from flux_resources where cluster_id = ${clusterId}`;
  expect(stored).toEqual({ objects: OBJECTS, latest: OBJECTS });

  const epoch = await until("everything is told", async () => {
    const head = await feedPosition(fixture.database.sql);
    return head.number === fixture.fleet.depths().told && head.epoch;
  });
  for (const stream of streams) {
    const waited = await stream.readTo(`id: ${epoch}.${fixture.fleet.depths().told}`);
    expect(waited.length).toBeLessThan(UNREAD_BYTES_MAX);
    // Whatever it was not told of, it was told to fetch.
    expect(waited).toMatch(/"type":"(resync|refetch|changes)"/);
    await stream.close();
  }
}, 180_000);

/** The `event`th change: of another word and revision than the one before. */
function changed(event: number): KubeObject {
  const at = Math.floor((event * OBJECTS) / EVENTS);
  const revision = `main@sha1:${event.toString(16).padStart(40, "0")}`;
  const isWell = event % 2 === 1;
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: {
      name: `app-${at}`,
      namespace: `team-${at % NAMESPACES}`,
      uid: `uid-${at}`,
      resourceVersion: String(event + 1),
      generation: 1,
      creationTimestamp: "2026-01-02T03:04:05Z",
    },
    spec: { interval: "10m" },
    status: {
      observedGeneration: 1,
      lastAttemptedRevision: revision,
      lastAppliedRevision: revision,
      conditions: [
        {
          type: "Ready",
          status: isWell ? "True" : "False",
          reason: isWell ? "ReconciliationSucceeded" : "BuildFailed",
          message: revision,
          lastTransitionTime: "2026-01-02T03:04:05Z",
          observedGeneration: 1,
        },
      ],
    },
  };
}

async function slowFlusher(clusterId: string) {
  const { target } = fixture.database;
  if (!("socketDir" in target)) throw new Error("the tests' server has a socket");
  const proxy = await startPostgresFaultProxy({ path: `${target.socketDir}/.s.PGSQL.5432` });
  await proxy.inject({ fault: "latency", ms: 20 });
  const database = connect({ url: `postgres://${target.user}@127.0.0.1:${proxy.port}/${target.database}` });
  const { flusher, stop } = await startFlusher(database, [clusterId], {
    onWritten: () => fixture.fleet.feed.announce(),
  });
  return {
    flusher,
    async [Symbol.asyncDispose]() {
      await stop();
      await database.close();
      await proxy.stop();
    },
  };
}

/** A stream whose reader has seen that it is open, and then nothing until it asks again. */
async function openUnread(clusterId: string) {
  const input = {
    topics: [
      { topic: "summary" },
      { topic: "cluster", cluster: clusterId },
      { topic: "query", filter: { cluster: [clusterId], namespace: ["team-1"] } },
    ],
  };
  const context = fixture.api.requestContext({ actor: { id: "operator" }, requestId: "burst", through: "sdk" });
  const url = `http://localhost/trpc/live.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
  const reader = liveEventStream(context, new Request(url)).body!.pipeThrough(new TextDecoderStream()).getReader();
  const readTo = async (word: string) => {
    let text = "";
    while (!text.includes(word)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended before "${word}": ${text.slice(-300)}`);
      text += value;
    }
    return text;
  };
  await readTo('"type":"hello"');
  return { readTo, close: () => reader.cancel() };
}
