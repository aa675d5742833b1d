import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { useDatabase } from "../test-database.ts";
import { appendLog, type FeedPosition } from "../upsert/append-log.ts";
import { feedPosition, readLog } from "./read-log.ts";
import { rotateChangeLog } from "./rotate-log.ts";
import { SIGN } from "./written-here.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const sql = () => fixture.database.sql;
const append = (count = 1): Promise<FeedPosition> =>
  sql().begin((tx) =>
    appendLog(
      tx,
      Array.from({ length: count }, () => ({ subject: "cluster", op: "upsert", clusterId: randomUUID() })),
    ),
  );
const turnNow = () => rotateChangeLog(sql(), { keepMs: 0 });
const numbersAfter = async (after: FeedPosition, limit?: number) => {
  const changes = await readLog(sql(), after, limit);
  return changes === "resync" ? changes : changes.map(({ number }) => number);
};

beforeEach(async () => {
  await sql()`truncate change_log`;
  await sql()`update feed_head set number = 0, floor = 0, slot = 0, rotated_at = clock_timestamp(), ${sql().unsafe(SIGN)}`;
});

test("entries are numbered one after the other and read in that order, a limit at a time", async () => {
  const start = await feedPosition(sql());
  expect(await append(3)).toMatchObject({ number: 3 });
  await append(2);
  expect(await numbersAfter(start)).toEqual([1, 2, 3, 4, 5]);
  expect(await numbersAfter({ ...start, number: 2 }, 2)).toEqual([3, 4]);
  expect(await numbersAfter({ ...start, number: 5 })).toEqual([]);
  expect(await append(0)).toMatchObject({ number: 5 });
});

test("a transaction that fails leaves no number behind", async () => {
  const start = await feedPosition(sql());
  const failing = sql().begin(async (tx) => {
    await appendLog(tx, [{ subject: "cluster", op: "upsert", clusterId: randomUUID() }]);
    throw new Error("rolled back");
  });
  await expect(failing).rejects.toThrow("rolled back");
  await append();
  expect(await numbersAfter(start)).toEqual([1]);
});

test("the log turns at most once per third of what is kept, whoever asks", async () => {
  const keepMs = 3 * 60_000;
  expect(await rotateChangeLog(sql(), { keepMs })).toBe(false);
  await sql()`update feed_head set rotated_at = clock_timestamp() - interval '61 seconds', ${sql().unsafe(SIGN)}`;
  const turned = await Promise.all(Array.from({ length: 5 }, () => rotateChangeLog(sql(), { keepMs })));
  expect(turned.filter(Boolean)).toHaveLength(1);
});

test("what was written since the last three turns can be replayed; older positions are told to read anew", async () => {
  const start = await feedPosition(sql());
  for (let turn = 0; turn < 3; turn++) {
    await append();
    expect(await turnNow()).toBe(true);
  }
  await append();
  expect(await numbersAfter(start)).toEqual([1, 2, 3, 4]);
  await turnNow();
  expect(await numbersAfter(start)).toBe("resync");
  expect(await numbersAfter({ ...start, number: 1 })).toEqual([2, 3, 4]);
});

test("turns without entries forget nothing that was told", async () => {
  const start = await append();
  for (let turn = 0; turn < 6; turn++) await turnNow();
  expect(await numbersAfter(start)).toEqual([]);
  await append();
  expect(await numbersAfter(start)).toEqual([2]);
});

test("a position of another epoch, or ahead of the log, is told to read anew", async () => {
  const { epoch, number } = await append();
  expect(await numbersAfter({ epoch: "another", number })).toBe("resync");
  expect(await numbersAfter({ epoch, number: number + 1 })).toBe("resync");
});
