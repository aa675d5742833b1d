import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

/** The turns of items of these clusters, in this order. */
const turnsOf = (clusters: (string | null)[], perOwner: number) =>
  new Turns(
    clusters.map((clusterId, position) => ({ position, clusterId })),
    perOwner,
    ({ clusterId }) => clusterId,
  );
const positions = (turns: ReturnType<typeof turnsOf>) => {
  const taken: number[] = [];
  for (let item = turns.take(); item !== undefined; item = turns.take()) taken.push(item.position);
  return taken;
};

test("the first item whose cluster has room is next; those of one cluster keep their order", () => {
  const turns = turnsOf(["a", "a", "a", "b", "b", "c"], 1);
  expect(positions(turns)).toEqual([0, 3, 5]);
  turns.giveBack({ position: 3, clusterId: "b" });
  expect(positions(turns)).toEqual([4]);
  turns.giveBack({ position: 0, clusterId: "a" });
  turns.giveBack({ position: 4, clusterId: "b" });
  expect(positions(turns)).toEqual([1]);
});

test("as many of one cluster are under way as it may have", () => {
  expect(positions(turnsOf(["a", "a", "a", "b"], 2))).toEqual([0, 1, 3]);
});

test("items of no cluster wait for nobody", () => {
  expect(positions(turnsOf([null, "a", null, "a", null], 1))).toEqual([0, 1, 2, 4]);
  expect(positions(turnsOf([], 1))).toEqual([]);
});
