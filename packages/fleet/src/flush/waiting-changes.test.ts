import { expect, test } from "bun:test";
import { goneFrom, kustomization, seenIn } from "../test-fleet.ts";
import type { Pending } from "./pending.ts";
import { WaitingChanges } from "./waiting-changes.ts";

const seen = (name: string, version = 1, cluster = "one") => seenIn(cluster, kustomization({ name, version }));
const recheck = (name: string, cluster = "one"): Pending => ({ change: "recheck", key: seen(name, 1, cluster).key });
const told = (pending: Pending) =>
  `${pending.key.clusterId}/${pending.key.name} ${pending.change === "seen" ? pending.object.resourceVersion : pending.change}`;
const taken = (changes: WaitingChanges, max = 100) => changes.take(max).map(({ pending }) => told(pending));

test("of each object the last state waits, in the place of its first", () => {
  const changes = new WaitingChanges();
  for (const pending of [seen("a"), seen("b"), seen("a", 2), goneFrom("one", kustomization({ name: "b", version: 1 }))])
    changes.put(pending);
  expect(changes.size).toBe(2);
  expect(taken(changes)).toEqual(["one/a 2", "one/b gone"]);
  expect(changes.size).toBe(0);
});

test("a look at the clock never replaces news, and news replace it", () => {
  const changes = new WaitingChanges();
  for (const pending of [seen("a"), recheck("a"), recheck("b"), seen("b")]) changes.put(pending);
  expect(taken(changes)).toEqual(["one/a 1", "one/b 1"]);
});

test("clusters have their turns: a busy one does not keep the others waiting", () => {
  const changes = new WaitingChanges();
  for (const name of ["a", "b", "c", "d"]) changes.put(seen(name, 1, "busy"));
  for (const cluster of ["two", "three"]) changes.put(seen("a", 1, cluster));
  expect(taken(changes, 2)).toEqual(["busy/a 1", "two/a 1"]);
  expect(taken(changes, 2)).toEqual(["three/a 1", "busy/b 1"]);
});

test("what could not be stored is put back, unless something newer came", () => {
  const changes = new WaitingChanges();
  changes.put(seen("a"));
  changes.put(seen("b"));
  changes.put(seen("c"));
  const failed = changes.take(3);
  changes.put(seen("a", 2));
  changes.put(recheck("b"));
  changes.putBack(failed);
  expect(taken(changes).sort()).toEqual(["one/a 2", "one/b 1", "one/c 1"]);
});

test("the oldest put that waits stays the oldest when its object changes again or is put back", () => {
  const changes = new WaitingChanges();
  changes.put(seen("a"));
  changes.put(seen("b"));
  changes.put(seen("a", 2));
  expect([changes.oldestPut(), changes.lastPut]).toEqual([1, 3]);
  const failed = changes.take(1);
  expect(changes.oldestPut()).toBe(2);
  changes.putBack(failed);
  expect(changes.oldestPut()).toBe(1);
  changes.take(2);
  expect(changes.oldestPut()).toBe(Number.POSITIVE_INFINITY);
});

test("what waits for a forgotten cluster is forgotten", () => {
  const changes = new WaitingChanges();
  changes.put(seen("a", 1, "gone"));
  changes.put(seen("a"));
  changes.forget("gone");
  expect(changes.size).toBe(1);
  expect(taken(changes)).toEqual(["one/a 1"]);
});
