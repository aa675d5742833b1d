import { expect, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { randomOf, until } from "@flux-orchestrator/testing";
import { observeFleet } from "../observed-fleet.ts";
import { drawSchedule } from "./draw-schedule.ts";
import { playSchedule } from "./play-schedule.ts";

const CLUSTERS = 5;
const DURATION_MS = 10_000;
/** Silence is noticed after some 15 s; clusters and database are tried again after a few seconds more. */
const QUIET_MS = 45_000;

const fixture = useDatabase();

/** `FAULT_SEED=17 bun run soak` plays one schedule again; times vary, what is drawn does not. */
const seed = Number(process.env["FAULT_SEED"] ?? Math.floor(Math.random() * 1_000_000));

test(`after random faults of clusters, networks and Postgres everything is as it truly is (FAULT_SEED=${seed})`, async () => {
  const database = await fixture.empty("schedule");
  await using fleet = await observeFleet(database, { clusters: CLUSTERS, objects: 60, seed, rate: 0, keptMax: 500 });
  const schedule = drawSchedule(randomOf(seed), { clusters: CLUSTERS, durationMs: DURATION_MS });
  await until("the first rows are there", async () => (await fleet.evidence()).stored.rows.length > 100);
  await playSchedule(fleet, schedule);
  await fleet.untilTrue(QUIET_MS);
  // It was a test of something.
  const { stored } = await fleet.evidence();
  expect(stored.rows.length).toBeGreaterThan(CLUSTERS * 20);
  expect(fleet.simulated.life.writes).toBeGreaterThan(100);
}, 120_000);
