import { createHash } from "node:crypto";
import type { KeyPair } from "../kubernetes/certificates.ts";
import { randomOf } from "../seed/random.ts";
import { createAuthority } from "../tls/authority.ts";
import { simulatedKubeconfig } from "./kubeconfig.ts";
import { ClusterLife } from "./life/cluster-life.ts";
import { FleetLife } from "./life/fleet-life.ts";
import { TICK_MS } from "./life/ticks.ts";
import { blueprintOf } from "./objects/blueprint.ts";
import { ClusterStore } from "./objects/cluster-store.ts";
import { StoredObject } from "./objects/revision.ts";
import { seedCluster } from "./objects/seed-cluster.ts";
import { ApiServer } from "./server/api-server.ts";
import type { Cluster, Identity } from "./server/cluster.ts";
import { Faults } from "./server/faults.ts";
import { OpenLists } from "./server/pages.ts";
import { resourceOfKind } from "./server/served-resources.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";

export interface SimulatedFleetOptions {
  /** How many clusters. */
  readonly clusters: number;
  /** Flux objects of each. */
  readonly objects: number;
  /** The same seed gives the same objects; what happens to them also depends on when it is asked for. */
  readonly seed?: number;
  /** Writes to Flux objects per second in the whole fleet; as many as intervals of ten minutes bring unless told, 0 for none. */
  readonly rate?: number;
  /** Changes that each cluster remembers: watches go on from them, and they are its true history. */
  readonly keptMax?: number;
  /** Seconds between bookmarks; a minute unless told, as real ones have it. */
  readonly bookmarkSeconds?: number;
  /** Tokens that are known besides the admin's, but may do nothing. */
  readonly powerless?: Readonly<Record<string, string>>;
}

/** What an interval of ten minutes makes of one object, on average. */
const WRITES_PER_OBJECT = 0.004;
/** Classes of clusters: the clusters of one run the same. */
const BLUEPRINTS_MAX = 8;
const SECOND_MS = 1000;
const GENERATORS = resourceOfKind("ArtifactGenerator");

/** A fleet of simulated API servers in this process. Nothing of it is on disk. */
export class SimulatedFleet implements AsyncDisposable {
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  constructor(
    readonly clusters: readonly SimulatedCluster[],
    readonly life: FleetLife,
  ) {
    this.#timers.push(
      setInterval(() => life.advance(Date.now()), TICK_MS),
      setInterval(() => {
        const now = Date.now();
        for (const cluster of clusters) cluster.tick(now);
      }, SECOND_MS),
    );
  }

  /** The cluster of that name. @throws Error when there is none */
  cluster(name: string): SimulatedCluster {
    const cluster = this.clusters.find((one) => one.name === name);
    if (cluster === undefined) throw new Error(`there is no simulated cluster ${name}`);
    return cluster;
  }

  /** A kubeconfig with a context for every cluster. */
  kubeconfig(): string {
    return simulatedKubeconfig(this.clusters);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.clusters.map((cluster) => cluster.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts it; resolves when every API server listens. */
export async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
  const { clusters: count, objects, seed = 1, keptMax = 1_000, bookmarkSeconds = 60 } = options;
  const random = randomOf(seed);
  const blueprints = Array.from({ length: Math.min(count, BLUEPRINTS_MAX) }, (_, at) =>
    // source-watcher is no part of a default installation.
    blueprintOf({ count: objects, seed: seed * 100 + at, generates: at % 2 === 0 }),
  );
  let serial = 0;
  const nextSerial = () => ++serial;
  const nowMs = Date.now();
  const members = Array.from({ length: count }, (_, at) => {
    const blueprint = blueprints[at % blueprints.length]!;
    const store = new ClusterStore({ keptMax, version: random.whole(10_000, 900_000) });
    const life = new ClusterLife(store, blueprint, randomOf(random.whole(1, 2 ** 31)), nextSerial);
    seedCluster(life, nowMs);
    return { life, name: nameOf(at, blueprints.length) };
  });
  const life = new FleetLife(
    members.map((member) => member.life),
    random,
    options.rate ?? count * objects * WRITES_PER_OBJECT,
    nowMs,
  );
  const clusters = members.map(({ name, life: clusterLife }) => {
    const token = createHash("sha256").update(`${seed}/${name}`).digest("hex");
    const identities = new Map<string, Identity>([[token, { user: "admin", mayAll: true }]]);
    for (const [known, user] of Object.entries(options.powerless ?? {})) identities.set(known, { user, mayAll: false });
    const cluster: Cluster = {
      ...{
        name,
        store: clusterLife.store,
        life: clusterLife,
        fleetLife: life,
        openLists: new OpenLists(),
        faults: new Faults(),
      },
      ...{
        identities,
        absent: new Set(clusterLife.blueprint.generates ? [] : [GENERATORS]),
        goneAs: "event",
        bookmarkSeconds,
        requests: new Map(),
      },
      newObject: (design) => new StoredObject(design, nextSerial(), Math.floor(Date.now() / 1000)),
      now: Date.now,
    };
    const { ca, pair } = identityOf(name);
    return new SimulatedCluster(cluster, new ApiServer(cluster, pair), { ca, token });
  });
  for (const cluster of clusters) await cluster.api.listen();
  return new SimulatedFleet(clusters, life);
}

/** An authority of its own and what the API server shows: about a millisecond of work. */
function identityOf(name: string): { ca: string; pair: KeyPair } {
  const authority = createAuthority(name);
  return { ca: authority.cert, pair: authority.issue({ commonName: name, names: ["127.0.0.1", "localhost"] }) };
}

const REGIONS = ["eu-west", "eu-north", "us-east", "us-west", "ap-south", "ap-east", "sa-east", "af-south"];
const STAGES = ["prod", "prod", "prod", "stage", "prod", "edge", "dev", "prod"];

function nameOf(at: number, classes: number): string {
  const round = Math.floor(at / classes);
  return `${STAGES[at % STAGES.length]}-${REGIONS[(at + round) % REGIONS.length]}-${String(at + 1).padStart(3, "0")}`;
}
