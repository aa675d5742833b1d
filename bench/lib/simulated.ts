import { connect, createKeyring, type Database } from "@flux-orchestrator/db";
import { insertCluster } from "@flux-orchestrator/fleet/measured";
import { type FleetProcess, spawnSimulatedFleet, until } from "@flux-orchestrator/testing";
import { ENCRYPTION_KEY } from "./product.ts";
import type { Stage } from "./stage.ts";

/** One API server of the fleet, and the id it is registered by. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

/** A simulated fleet that is registered in a database of its own; nobody watches it yet. */
export interface Simulated extends AsyncDisposable {
  readonly fleet: FleetProcess;
  readonly members: readonly Member[];
  readonly url: string;
  readonly database: Database;
  /** Flux objects in all. */
  readonly objects: number;
  /** Resolves once the rows of every cluster are there and its watches are open. */
  untilLive(): Promise<void>;
}

export interface SimulatedSize {
  readonly clusters: number;
  /** Of each cluster. */
  readonly perCluster: number;
}

const LIVE_DEADLINE_MS = 600_000;

/** @param rate writes to Flux objects per second in the whole fleet */
export async function simulate(stage: Stage, size: SimulatedSize, rate: number): Promise<Simulated> {
  const fleet = await spawnSimulatedFleet({ clusters: size.clusters, objects: size.perCluster, seed: 1, rate });
  const url = await stage.emptyDatabase();
  const database = connect({ url });
  const keyring = createKeyring(ENCRYPTION_KEY);
  const members: Member[] = [];
  for (const { name, server, ca, token } of await fleet.fleet.clusters())
    members.push({
      id: await insertCluster(database, { name, target: { server, ca, token }, keyring }),
      name,
      server,
      ca,
      token,
    });
  return {
    fleet,
    members,
    url,
    database,
    objects: size.clusters * size.perCluster,
    async untilLive() {
      await until(
        "every cluster is live",
        async () => {
          const [row] = await database.sql<{ waiting: number }[]>`
            select count(*)::int as waiting from clusters where stream <> 'live'`;
          return row!.waiting === 0;
        },
        LIVE_DEADLINE_MS,
      );
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      await fleet.stop();
    },
  };
}

/** Asks an API server as the product's credential may. */
export async function askCluster<Answer>(
  { server, ca, token }: Member,
  path: string,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(server + path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
    tls: { ca },
  });
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  return (await response.json()) as Answer;
}
