import { afterAll, beforeAll } from "bun:test";
import { insertCluster } from "@flux-orchestrator/fleet/measured";
import { type SimulatedCluster, type SimulatedFleet, startSimulatedFleet, until } from "@flux-orchestrator/testing";
import type { ApiFixture } from "./api-fixture.ts";

/** Simulated clusters that the fixture watches, by id. Nothing moves in them by itself. */
export interface Simulated {
  readonly byId: ReadonlyMap<string, SimulatedCluster>;
}

/** One simulated fleet for a test file; call it after `useApi`. */
export function useSimulated(fixture: ApiFixture, size: { clusters: number; objects: number }): Simulated {
  const byId = new Map<string, SimulatedCluster>();
  let fleet: SimulatedFleet | undefined;
  beforeAll(async () => {
    const { database, keyring } = fixture;
    fleet = await startSimulatedFleet({ ...size, seed: 7, rate: 0 });
    for (const cluster of fleet.clusters) {
      const { name, server, ca, token } = cluster;
      const id = await insertCluster(database, { name, target: { server, ca, token }, keyring });
      byId.set(id, cluster);
      fixture.fleet.added(id);
    }
    await until("every cluster is live", async () => {
      const [row] = await database.sql`select count(*)::int as live from clusters where stream = 'live'`;
      return row?.["live"] === size.clusters;
    });
  }, 180_000);
  // After the product's own end, which was declared before.
  afterAll(() => fleet?.stop(), 180_000);
  return { byId };
}
