import { test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { surviveSchedule, survivesWithinMs } from "./survive-schedule.ts";

/** Shorter than a soak, and long enough for each kind of fault. */
const DURATION_MS = 6_000;

const fixture = useDatabase();

test.each([7, 36])(
  "after faults of clusters, networks and Postgres everything is as it truly is (seed %p)",
  async (seed) => {
    await surviveSchedule(await fixture.empty(`schedule_${seed}`), seed, DURATION_MS);
  },
  survivesWithinMs(DURATION_MS),
);
