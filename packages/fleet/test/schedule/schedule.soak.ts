import { test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { surviveSchedule, survivesWithinMs } from "./survive-schedule.ts";

const DURATION_MS = 10_000;

const fixture = useDatabase();

/** `FAULT_SEED=17 bun run soak` plays one schedule again. */
const seed = Number(process.env["FAULT_SEED"] ?? Math.floor(Math.random() * 1_000_000));

test(
  `after random faults of clusters, networks and Postgres everything is as it truly is (FAULT_SEED=${seed})`,
  async () => {
    await surviveSchedule(await fixture.empty("schedule"), seed, DURATION_MS);
  },
  survivesWithinMs(DURATION_MS),
);
