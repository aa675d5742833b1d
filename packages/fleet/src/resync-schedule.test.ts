import { expect, test } from "bun:test";
import { ResyncSchedule } from "./resync-schedule.ts";

const MINUTE_MS = 60_000;
const IDS = Array.from({ length: 50 }, (_, index) => `cluster-${index}`);

/** A schedule with a clock and an interval that the test sets. */
function scheduled(minutes: number) {
  const said = { minutes: async () => minutes, nowMs: 0 };
  const schedule = new ResyncSchedule({ intervalMinutes: () => said.minutes(), now: () => said.nowMs });
  return { said, schedule, due: () => IDS.filter((id) => schedule.isDue(id)) };
}

test("a cluster is due between half an interval and a whole one after the start, then every interval", async () => {
  const { said, schedule, due } = scheduled(10);
  await schedule.follow(IDS);
  said.nowMs = 5 * MINUTE_MS - 1;
  expect(due()).toEqual([]);
  said.nowMs = 10 * MINUTE_MS;
  expect(due()).toEqual(IDS);
  for (const id of IDS) schedule.begun(id);
  said.nowMs = 20 * MINUTE_MS - 1;
  await schedule.follow(IDS);
  expect(due()).toEqual([]);
  said.nowMs = 20 * MINUTE_MS;
  expect(due()).toEqual(IDS);
});

test("a shorter interval acts from the moment it is followed, a longer one after the next time", async () => {
  const { said, schedule, due } = scheduled(1440);
  await schedule.follow(IDS);
  said.minutes = async () => 1;
  await schedule.follow(IDS);
  said.nowMs = MINUTE_MS;
  expect(due()).toEqual(IDS);
  for (const id of IDS) schedule.begun(id);
  said.minutes = async () => 60;
  await schedule.follow(IDS);
  said.nowMs = 2 * MINUTE_MS;
  expect(due()).toEqual(IDS);
  for (const id of IDS) schedule.begun(id);
  said.nowMs = 61 * MINUTE_MS;
  expect(due()).toEqual([]);
});

test("clusters that are gone are forgotten, and an interval that cannot be read is five minutes", async () => {
  const { said, schedule, due } = scheduled(1);
  await schedule.follow(IDS);
  said.minutes = async () => {
    throw new Error("the database is away");
  };
  await schedule.follow(IDS.slice(1));
  for (const id of IDS.slice(1)) schedule.begun(id);
  said.nowMs = 5 * MINUTE_MS;
  expect(due()).toEqual(IDS.slice(1));
});
