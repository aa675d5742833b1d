import { afterEach, beforeAll, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touchAgain, touchOnce } from "../../test/touch-jobs.ts";
import { openWatcher } from "../../test/watcher.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));
afterEach(() => held.clear());

test("a job is told as it goes on, to whoever submitted it and asked for jobs, and to nobody else", async () => {
  const own = await openWatcher(fixture, { topics: [{ topic: "jobs" }] });
  const silent = await openWatcher(fixture, { topics: [{ topic: "summary" }] });
  const other = await openWatcher(fixture, { topics: [{ topic: "jobs" }] }, { actor: "other" });
  held.add("told-2");
  const { job } = await submitted(fixture, touchOnce, { names: ["told-1", "told-2"] });
  const half = await own.until("job", ({ job }) => job.counts.succeeded === 1);
  expect(half.job).toMatchObject({ id: job.id, state: "running", total: 2 });
  held.clear();
  const end = await own.until("job", ({ job }) => job.state === "ended");
  const { items: _, ...stored } = await untilEnded(fixture, job.id);
  expect(end.job).toEqual(stored);
  expect([...silent.frames("job"), ...other.frames("job")]).toEqual([]);
  for (const watcher of [own, silent, other]) await watcher.close();
});

test("a reader that comes back is told of what ended meanwhile", async () => {
  const before = await openWatcher(fixture, { topics: [{ topic: "jobs" }] });
  await before.close();
  const { job } = await submitted(fixture, touchAgain, { names: ["missed-1", "missed-2"] });
  await untilEnded(fixture, job.id);
  const after = await openWatcher(fixture, { topics: [{ topic: "jobs" }], lastEventId: before.cursor });
  expect((await after.until("job")).job).toMatchObject({ id: job.id, state: "ended" });
  await after.close();
});
