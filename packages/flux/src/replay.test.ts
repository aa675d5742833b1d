import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import {
  classify,
  conditionOf,
  conditionsOf,
  fluxKind,
  type KubeObject,
  normalise,
  type SettleMemory,
  settle,
} from "./index.ts";

const fixtures = join(import.meta.dir, "../fixtures");
interface Recorded {
  t: number;
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: KubeObject;
}
const recorded = gunzipSync(readFileSync(join(fixtures, "events.jsonl.gz")))
  .toString()
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded)
  .filter((event) => event.type !== "BOOKMARK" && fluxKind(event.object.kind) !== undefined);
/** Wall clock of the recording's beginning: the first object was made in its third second. */
const startMs = Date.parse(recorded[0]!.object.metadata.creationTimestamp!) - 2000;
const nameOf = (event: Recorded) => `${event.object.kind}/${event.object.metadata.name}`;

function replay(events: readonly Recorded[]): Map<string, string[]> {
  const memories = new Map<string, SettleMemory>();
  const words = new Map<string, string[]>();
  for (const event of events) {
    const name = nameOf(event);
    const said = words.get(name) ?? [];
    words.set(name, said);
    if (event.type === "DELETED") {
      memories.delete(name);
      said.push("(gone)");
      continue;
    }
    const settled = settle(memories.get(name) ?? null, event.object, startMs + event.t);
    if (memories.get(name)?.word !== settled.word) said.push(settled.word);
    memories.set(name, settled.memory);
  }
  return words;
}

test("replaying six minutes of real controllers gives the words of the second opinion", () => {
  const expected = readFileSync(join(fixtures, "words.txt"), "utf8").trim().split("\n");
  const words = replay(recorded);
  expect(words.size).toBe(expected.length);
  for (const line of expected) {
    const [name, told] = line.split(": ") as [string, string];
    expect(`${name}: ${words.get(name)?.join(", ")}`).toBe(`${name}: ${told.replace(/\d+s /g, "")}`);
  }
});

test("most events of real controllers are no news", () => {
  const stored = new Map<string, ReturnType<typeof normalise>>();
  const counts = { same: 0, heartbeat: 0, flap: 0, news: 0 };
  for (const event of recorded) {
    if (event.type === "DELETED") continue;
    const next = normalise(event.object, { hmac: (value) => value.length.toString(16) });
    counts[classify(stored.get(nameOf(event)) ?? null, next)]++;
    stored.set(nameOf(event), next);
  }
  const transitions = [...replay(recorded).values()].flat().length;
  console.log(`${recorded.length} events: ${JSON.stringify(counts)}, ${transitions} changes of a settled word`);
  expect(counts.news).toBeLessThan(recorded.length / 2);
  expect(transitions).toBeLessThanOrEqual(166);
});

test("no object looks better than Failed while it keeps failing", () => {
  const words = replay(recorded);
  expect(words.get("Kustomization/slow")?.slice(-1)).toEqual(["Failed"]);
  expect(words.get("Kustomization/broken")?.slice(-1)).toEqual(["Failed"]);
  expect(words.get("Kustomization/sick")?.slice(2)).toEqual(["Failed", "Terminating", "(gone)"]);
});

test("a failure with random temporary paths makes one transition", () => {
  expect(replay(recorded).get("Kustomization/no-path")).toEqual(["Progressing", "Blocked", "Failed"]);
});

test("an object born before its source is never red", () => {
  for (const name of ["Kustomization/app", "Kustomization/from-oci", "HelmChart/alone", "HelmRelease/hello"])
    expect(replay(recorded).get(name)).not.toContain("Failed");
});

/** Whether an object says by itself how its last attempt ended. */
function isConclusive(object: KubeObject): boolean {
  const conditions = conditionsOf(object);
  const status = (type: string) => conditionOf(conditions, type)?.status;
  const isObserved = object.status?.["observedGeneration"] === object.metadata.generation;
  return status("Stalled") === "True" || status("Ready") === "False" || (status("Ready") === "True" && isObserved);
}

test("any part of the events that ends in a conclusive object gives the word of all of them", () => {
  const histories = Map.groupBy(
    recorded.filter((event) => event.type !== "DELETED"),
    (event) => `${nameOf(event)}/${event.object.metadata.uid}`,
  );
  const wordAfter = (events: readonly Recorded[]) => {
    let memory: SettleMemory | null = null;
    for (const event of events) memory = settle(memory, event.object, startMs + event.t).memory;
    return memory?.word;
  };
  const ends = [...histories.values()].flatMap((events) =>
    events.flatMap((event, at) => (isConclusive(event.object) ? [{ events, at }] : [])),
  );
  expect(ends.length).toBeGreaterThan(400);
  let exceptions = 0;
  fc.assert(
    fc.property(fc.constantFrom(...ends), fc.infiniteStream(fc.boolean()), ({ events, at }, keep) => {
      const some = events.slice(0, at).filter(() => keep.next().value);
      const [part, whole] = [wordAfter([...some, events[at]!]), wordAfter(events.slice(0, at + 1))];
      // The one exception: between two attempts the controller drops Stalled for a moment, which only the past tells.
      const again = conditionOf(conditionsOf(events[at]!.object), "Reconciling")?.status === "True";
      if (part !== whole && again && [part, whole].includes("Stalled")) exceptions++;
      else expect(part).toBe(whole);
    }),
    { seed: 1, numRuns: 3_000 },
  );
  expect(exceptions).toBeLessThan(300);
});
