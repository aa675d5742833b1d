import { expect } from "bun:test";
import type { Database } from "@flux-orchestrator/db";
import { randomOf, until } from "@flux-orchestrator/testing";
import { observeFleet } from "../observed-fleet.ts";
import { drawSchedule } from "./draw-schedule.ts";
import { playSchedule } from "./play-schedule.ts";

const CLUSTERS = 5;
/** Also on a machine that has much else to do. */
const FIRST_ROWS_MS = 90_000;
/** A page of a list whose connection fell silent is asked for again after 60 s, while all the rest goes on; most is true within some 20 s. */
const TRUE_MS = 90_000;
/** The product is stopped and started within 30 s each, and stopped once more. */
const STARTS_AND_STOPS_MS = 3 * 30_000;

/** How long it takes at most: each of its parts fails by itself, and says how, before a test does. */
export const survivesWithinMs = (durationMs: number): number =>
  FIRST_ROWS_MS + durationMs + STARTS_AND_STOPS_MS + TRUE_MS + 30_000;

/**
 * Plays the schedule of faults that this seed draws; times vary, what is drawn does not.
 * @param database an empty one
 * @throws when what is stored and told is not what truly is, a while after everything was healed
 */
export async function surviveSchedule(database: Database, seed: number, durationMs: number): Promise<void> {
  await using fleet = await observeFleet(database, { clusters: CLUSTERS, objects: 60, seed, rate: 0, keptMax: 500 });
  const schedule = drawSchedule(randomOf(seed), { clusters: CLUSTERS, durationMs });
  await until("the first rows are there", async () => (await fleet.evidence()).stored.rows.length > 100, FIRST_ROWS_MS);
  await playSchedule(fleet, schedule);
  await fleet.untilTrue(TRUE_MS);
  // It was a test of something.
  const { stored } = await fleet.evidence();
  expect(stored.rows.length).toBeGreaterThan(CLUSTERS * 20);
  expect(fleet.simulated.life.writes).toBeGreaterThan(100);
}
