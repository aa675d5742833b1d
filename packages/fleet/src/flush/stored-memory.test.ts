import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fluxKind, type KubeObject, memoryOf, normalise, type SettleMemory, settle } from "@flux-orchestrator/flux";
import { testHmac } from "../test-fleet.ts";
import { judge } from "./judge.ts";

const events = gunzipSync(readFileSync(join(import.meta.dir, "../../../flux/fixtures/events.jsonl.gz")))
  .toString()
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { type: string; t: number; object: KubeObject })
  .filter(({ type, object }) => type !== "BOOKMARK" && type !== "DELETED" && fluxKind(object.kind) !== undefined);

test("a row gives back the memory it was written with, for every state of the recording", () => {
  const startMs = Date.parse(events[0]!.object.metadata.creationTimestamp!);
  const memories = new Map<string, SettleMemory>();
  let bytes = 0;
  for (const { object, t } of events) {
    const normalised = normalise(object, { hmac: testHmac });
    const name = object.metadata.uid;
    const settled = settle(memories.get(name) ?? null, normalised.object, startMs + t);
    const seen = { change: "seen" as const, key: { clusterId: "c", ...normalised.key }, object: normalised };
    const fresh = judge(seen, null, startMs + t);
    if (!("write" in fresh)) throw new Error("an object without a row is always written");
    const first = settle(null, normalised.object, startMs + t);
    expect(memoryOf(fresh.write, fresh.write.settleMemory)).toEqual(first.memory);
    bytes += fresh.write.settleMemory.length;
    memories.set(name, settled.memory);
  }
  // Most of it stands in the row.
  expect(bytes / events.length).toBeLessThan(100);
});
