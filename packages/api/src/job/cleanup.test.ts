import { beforeAll, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touchAgain } from "../../test/touch-jobs.ts";
import { updateSetting } from "../setting/update.ts";
import { cancelJob } from "./cancel.ts";
import { cleanupJobs } from "./cleanup.ts";
import { listJobs } from "./list.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));

/** A job that was submitted, and where it has ended, so many days ago. */
async function jobOf(days: number, name: string): Promise<string> {
  const { job } = await submitted(fixture, touchAgain, { names: [name] });
  if (!held.has(name)) await untilEnded(fixture, job.id);
  const at = new Date(Date.now() - days * 86_400_000);
  await fixture.database.sql`
    update jobs set submitted_at = ${at}, ended_at = case when ended_at is null then null else ${at} end
    where id = ${job.id}`;
  return job.id;
}

test("jobs that ended before the retention go with their items; open ones and younger ones stay", async () => {
  const old = await jobOf(91, "old");
  const young = await jobOf(85, "young");
  held.add("open");
  const open = await jobOf(100, "open");
  const left = async () => (await fixture.perform(listJobs, undefined)).map(({ id }) => id);
  expect(await fixture.perform(cleanupJobs, undefined)).toEqual({ removed: 1 });
  expect(await left()).toEqual([young, open]);
  const [items] = await fixture.database.sql`select count(*)::int as left from job_items where job_id = ${old}`;
  expect(items).toEqual({ left: 0 });
  await fixture.perform(updateSetting, { key: "audit_log_retention_days", value: "60" });
  expect(await fixture.perform(cleanupJobs, undefined)).toEqual({ removed: 1 });
  expect(await left()).toEqual([open]);
  await fixture.perform(cancelJob, { id: open });
  held.clear();
  await untilEnded(fixture, open);
});

test("whoever may not change settings drops nothing", async () => {
  fixture.rights.give("reader", allBut("setting.update"));
  expect(await fixture.refusal(cleanupJobs, undefined, "reader")).toMatchObject({ code: "FORBIDDEN" });
});
