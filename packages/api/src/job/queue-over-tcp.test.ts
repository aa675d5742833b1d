import { beforeAll, expect, test } from "bun:test";
import { connect } from "@flux-orchestrator/db";
import { useApi } from "../../test/api-fixture.ts";
import { untilEnded } from "../../test/submitted.ts";
import { createTouches, TOUCH_JOBS, touchAgain } from "../../test/touch-jobs.ts";
import { createJobQueue } from "./create-job-queue.ts";
import { submit } from "./submit.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));

test("jobs are enqueued and run over a postgres:// URL as over the embedded server's socket", async () => {
  const database = connect({ url: await fixture.databaseUrl() });
  const call = fixture.call();
  const { log, metrics } = call.deps;
  const contextOf = (caller: typeof call.caller) => ({ ...call, caller });
  const jobs = createJobQueue({ database, log, metrics, declared: TOUCH_JOBS, contextOf, announce() {} });
  try {
    const job = await submit(
      touchAgain,
      { ...call, jobs, deps: { ...call.deps, database } },
      { names: ["tcp-1", "tcp-2"] },
    );
    expect((await untilEnded(fixture, job.id)).counts.succeeded).toBe(2);
  } finally {
    await jobs.stop();
    await database.close();
  }
});
