import { expect, test } from "bun:test";
import { fluxKind, type KubeObject, type SettleMemory, settle } from "@flux-orchestrator/flux";
import type { Revision } from "../objects/revision.ts";
import { resourceOfKind, SERVED_RESOURCES } from "../server/served-resources.ts";
import { startSimulatedFleet } from "../start-simulated-fleet.ts";
import { TICK_MS } from "./ticks.ts";

const FLUX_RESOURCES = SERVED_RESOURCES.filter(({ kind }) => fluxKind(kind) !== undefined);

test("the product understands what simulated controllers say, and takes most of it for no news", async () => {
  const fleet = await startSimulatedFleet({ clusters: 4, objects: 150, seed: 4, rate: 0 });
  // Its own clock stops: time is ours from here.
  await fleet.stop();
  const memories = new Map<string, SettleMemory>();
  let events = 0;
  let changes = 0;
  const see = (revision: Revision) => {
    const { uid } = revision.object;
    const before = memories.get(uid);
    const { memory } = settle(before ?? null, revision.json() as unknown as KubeObject, revision.writtenAt);
    memories.set(uid, memory);
    events++;
    if (before !== undefined && before.word !== memory.word) changes++;
  };
  const objects = fleet.clusters.flatMap(({ cluster }) =>
    FLUX_RESOURCES.flatMap((resource) => cluster.store.objects(resource)),
  );
  for (const { latest } of objects) see(latest);
  const wordsOf = () =>
    objects
      .filter(({ latest }) => latest.shown === "settled")
      // One that nobody has picked up is in progress until it waits for long.
      .map(({ latest, uid }) => [uid, latest.word === "Unknown" ? memories.get(uid)!.word : latest.word]);
  const settled = (words: string[][]) => words.map(([uid]) => [uid, memories.get(uid!)!.word]);
  expect(settled(wordsOf())).toEqual(wordsOf());

  for (const { cluster } of fleet.clusters) for (const resource of FLUX_RESOURCES) cluster.store.follow(resource, see);
  fleet.life.rate = 400;
  const startMs = Date.now();
  for (let ms = 0; ms < 25_000; ms += TICK_MS) fleet.life.advance(startMs + ms);
  expect(events).toBeGreaterThan(6_000);
  expect(changes).toBeGreaterThan(50);
  expect(changes / events).toBeLessThan(0.1);
  expect(new Set(objects.map(({ latest }) => latest.word)).size).toBeGreaterThan(4);
  expect(settled(wordsOf())).toEqual(wordsOf());
}, 180_000);

test("generators cut a new artifact when their source moves, where source-watcher runs; elsewhere their kind is not served", async () => {
  const fleet = await startSimulatedFleet({ clusters: 4, objects: 300, seed: 4, rate: 0 });
  await fleet.stop();
  const generators = fleet.clusters.map((cluster) => cluster.truth("ArtifactGenerator").length > 0);
  const watchers = fleet.clusters.map((cluster) =>
    cluster.truth("Deployment").some(({ name }) => name === "source-watcher"),
  );
  expect([generators, watchers]).toEqual([
    [true, false, true, false],
    [true, false, true, false],
  ]);
  const told = new Map<string, Set<string>>();
  const artifacts = resourceOfKind("ExternalArtifact");
  for (const { cluster } of fleet.clusters)
    cluster.store.follow(artifacts, (revision) => {
      const { artifact } = revision.json()["status"] as { artifact: { revision: string } };
      const revisions = told.get(revision.object.uid) ?? new Set();
      told.set(revision.object.uid, revisions.add(artifact.revision));
    });
  fleet.life.rate = 2_000;
  const startMs = Date.now();
  for (let ms = 0; ms < 60_000; ms += TICK_MS) fleet.life.advance(startMs + ms);
  expect(Math.max(...[...told.values()].map((revisions) => revisions.size))).toBeGreaterThan(1);
}, 180_000);
