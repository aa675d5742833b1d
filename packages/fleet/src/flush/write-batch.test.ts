import { expect, test } from "bun:test";
import { claimClusters } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type KubeObject, type NormalisedObject, normalise, type SettleMemory, settle } from "@flux-orchestrator/flux";
import fc from "fast-check";
import {
  countDrift,
  goneFrom,
  kustomization,
  rowsOfLog,
  rowsOfTable,
  seenIn,
  type TestObject,
  testHmac,
} from "../test-fleet.ts";
import { FLAP_MS } from "./judge.ts";
import { nameOfKey, type Pending } from "./pending.ts";
import { writeBatch } from "./write-batch.ts";

const fixture = useDatabase();
const startMs = Date.parse("2026-01-02T03:04:06Z");

/** What happens to one of a handful of objects. */
type Step =
  | { step: "seen"; name: string; incarnation: number; ready: TestObject["ready"]; message: string; suspend: boolean }
  | { step: "again" | "gone" | "recheck"; name: string }
  | { step: "flush" }
  | { step: "time"; ms: number };

const name = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant("seen" as const),
      name,
      incarnation: fc.integer({ min: 1, max: 2 }),
      ready: fc.constantFrom("True", "False", "Unknown", undefined),
      message: fc.constantFrom("", "one", "two"),
      suspend: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constantFrom("again", "gone", "recheck"), name }) },
  { weight: 3, arbitrary: fc.constant({ step: "flush" as const }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("time" as const), ms: fc.constantFrom(1, 20_000, 61_000) }) },
);

test("any interleaving of changes, repetitions and deletions gives the rows of a naive model", async () => {
  const { database } = fixture;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const clusterId = crypto.randomUUID();
      const [fence] = await claimClusters(database.sql, crypto.randomUUID(), [clusterId]);
      const model = new Map<string, ModelRow>();
      let waiting = new Map<string, Pending>();
      let nowMs = startMs;
      let version = 0;
      const last = new Map<string, KubeObject>();
      const flush = async () => {
        const batch = [...waiting.values()];
        waiting = new Map();
        const { lost } = await writeBatch(database, batch, { fences: [fence!], nowMs });
        expect(lost).toEqual([]);
        for (const pending of batch) applyToModel(model, pending, nowMs);
      };
      const put = (pending: Pending) => waiting.set(nameOfKey(pending.key), pending);
      for (const one of [...steps, { step: "flush" } as const]) {
        if (one.step === "flush") await flush();
        else if (one.step === "time") nowMs += one.ms;
        else if (one.step === "seen") {
          version++;
          const object = kustomization({ ...one, uid: `${one.name}-${one.incarnation}`, version });
          last.set(one.name, object);
          put(seenIn(clusterId, object));
        } else {
          const object = last.get(one.name);
          if (object === undefined) continue;
          if (one.step === "recheck") put({ change: "recheck", key: seenIn(clusterId, object).key });
          else put(one.step === "again" ? seenIn(clusterId, object) : goneFrom(clusterId, object));
        }
      }
      const rows = await database.sql<ModelRow[]>`
        select name, uid, word, sub_state as "subState", since, resource_version as version from flux_resources where cluster_id = ${clusterId}`;
      expect(rows.map(shown).sort()).toEqual([...model.values()].map(shown).sort());
    }),
    { seed: 20260102, numRuns: 150 },
  );
  expect(await countDrift(database)).toEqual([]);
  const { words, numbers } = await rowsOfLog(database);
  expect(words).toEqual(await rowsOfTable(database));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(await brokenChains()).toEqual([]);
}, 180_000);

test("a new incarnation ends the history of the old one and begins its own", async () => {
  const { database } = fixture;
  const clusterId = crypto.randomUUID();
  const [fence] = await claimClusters(database.sql, crypto.randomUUID(), [clusterId]);
  for (const uid of ["first", "second"])
    await writeBatch(database, [seenIn(clusterId, kustomization({ name: "app", uid, version: 1, ready: "True" }))], {
      fences: [fence!],
      nowMs: startMs,
    });
  const history = await database.sql`
    select uid, from_word as "from", to_word as "to" from resource_transitions where cluster_id = ${clusterId} order by id`;
  expect([...history]).toEqual([
    { uid: "first", from: null, to: "Ready" },
    { uid: "first", from: "Ready", to: null },
    { uid: "second", from: null, to: "Ready" },
  ]);
});

test("the deletion of an earlier incarnation leaves the present one alone", async () => {
  const { database } = fixture;
  const clusterId = crypto.randomUUID();
  const [fence] = await claimClusters(database.sql, crypto.randomUUID(), [clusterId]);
  const write = (pending: Pending) => writeBatch(database, [pending], { fences: [fence!], nowMs: startMs });
  const present = kustomization({ name: "app", uid: "second", version: 9, ready: "True" });
  await write(seenIn(clusterId, present));
  expect(await write(goneFrom(clusterId, kustomization({ name: "app", uid: "first", version: 8 })))).toMatchObject({
    written: 0,
  });
  expect(await write(goneFrom(clusterId, present))).toMatchObject({ written: 1 });
});

test("conditions that move without changing the word are stored at most every half minute", async () => {
  const { database } = fixture;
  const clusterId = crypto.randomUUID();
  const [fence] = await claimClusters(database.sql, crypto.randomUUID(), [clusterId]);
  const write = (version: number, message: string, nowMs: number) =>
    writeBatch(database, [seenIn(clusterId, kustomization({ name: "app", version, ready: "False", message }))], {
      fences: [fence!],
      nowMs,
    });
  expect(await write(1, "no such path", startMs)).toMatchObject({ written: 1, again: [] });
  const flap = await write(2, "another reason", startMs + 1_000);
  expect(flap).toMatchObject({ written: 0, again: [{ atMs: startMs + FLAP_MS }] });
  expect(await write(2, "another reason", startMs + FLAP_MS)).toMatchObject({ written: 1, again: [] });
  const [row] = await database.sql`select message from flux_resources where cluster_id = ${clusterId}`;
  expect(row).toMatchObject({ message: "another reason" });
  const transitions = await database.sql`select from resource_transitions where cluster_id = ${clusterId}`;
  expect(transitions).toHaveLength(1);
});

interface ModelRow {
  name: string;
  uid: string;
  word: string;
  subState: string | null;
  since: Date;
  version: string;
}
const shown = ({ name, uid, word, subState, since, version }: ModelRow) =>
  JSON.stringify([name, uid, word, subState, since, version]);

/** What the newest state of each object makes of its row, without a database. */
interface Modelled extends ModelRow {
  memory: SettleMemory;
  object: NormalisedObject;
  recheckAtMs: number | undefined;
  updatedAtMs: number;
}

function applyToModel(model: Map<string, ModelRow>, pending: Pending, nowMs: number): void {
  const key = nameOfKey(pending.key);
  const row = model.get(key) as Modelled | undefined;
  if (pending.change === "gone") {
    if (row !== undefined && row.uid === pending.uid) model.delete(key);
    return;
  }
  if (pending.change === "recheck" && row === undefined) return;
  const object = pending.change === "seen" ? pending.object : normalise(row!.object.object, { hmac: testHmac });
  const settled = settle(row?.memory ?? null, object.object, nowMs);
  const isSame = row?.uid === object.uid && row.word === settled.word;
  if (pending.change === "seen" && isSame) {
    const sameNews = row.object.fingerprint === object.fingerprint;
    const sameConditions = row.object.flapFingerprint === object.flapFingerprint;
    const isDue = row.recheckAtMs !== undefined && row.recheckAtMs <= nowMs;
    const ticksOnly = row.version === object.resourceVersion || (sameNews && sameConditions);
    if (ticksOnly && row.subState === settled.subState) return;
    if ((sameNews || row.version === object.resourceVersion) && nowMs < row.updatedAtMs + FLAP_MS && !isDue) return;
  }
  const changed = !isSame || row.subState !== settled.subState || pending.change === "seen";
  model.set(key, {
    name: object.key.name,
    uid: object.uid,
    word: settled.word,
    subState: settled.subState,
    since: new Date(settled.memory.since),
    version: object.resourceVersion,
    memory: settled.memory,
    object,
    recheckAtMs: settled.recheckAtMs,
    updatedAtMs: changed ? nowMs : row.updatedAtMs,
  } as Modelled);
}

/** Transitions that do not go on where the one before ended. */
async function brokenChains(): Promise<object[]> {
  return await fixture.database.sql`
    select * from (
      select cluster_id, name, uid, from_word, lag(to_word) over (partition by cluster_id, name order by id) as before from resource_transitions
    ) chain where from_word is distinct from before`;
}
