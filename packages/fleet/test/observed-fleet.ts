import { connect, type Database, type Keyring, migrate } from "@flux-orchestrator/db";
import {
  type FaultProxy,
  type PostgresFaultProxy,
  recordHistory,
  type SimulatedCluster,
  type SimulatedFleet,
  type SimulatedFleetOptions,
  startFaultProxy,
  startPostgresFaultProxy,
  startSimulatedFleet,
  until,
} from "@flux-orchestrator/testing";
import type { Fleet } from "../src/start-fleet.ts";
import { startTestFleet, testKeyring } from "../src/test-clusters.ts";
import { insertCluster, type RecordingLog } from "../src/test-fleet.ts";
import { checkHistory, type Told, type Violation } from "./history/check-history.ts";
import { type FeedSubscriber, subscribe } from "./history/feed-subscriber.ts";
import { readStored, type StoredState } from "./history/stored-state.ts";

/** A cluster of a simulated fleet as the product reaches it. */
export interface ObservedCluster {
  readonly id: string;
  readonly simulated: SimulatedCluster;
  readonly proxy: FaultProxy;
}

/** The product over a simulated fleet and a Postgres, each behind a proxy, with everything written down that happens. */
export interface ObservedFleet extends AsyncDisposable {
  readonly simulated: SimulatedFleet;
  readonly clusters: readonly ObservedCluster[];
  readonly postgres: PostgresFaultProxy;
  readonly product: Fleet;
  readonly log: RecordingLog;
  readonly subscriber: FeedSubscriber;
  /** Ends the product and starts it again over what it stored. */
  restart(): Promise<void>;
  /** What the product stored and told by now. */
  evidence(): Promise<Evidence>;
  /** What is wrong with it. */
  judge(evidence: Evidence): Violation[];
  /** Nothing moves any more, and the product had time to learn of it. @throws Error with what is wrong at the deadline */
  untilTrue(deadlineMs: number): Promise<void>;
}

export interface Evidence {
  stored: StoredState;
  told: Told;
  /** When it was gathered, milliseconds since the epoch: what may still be on its way is measured from then. */
  atMs: number;
}

/** @param database an empty one, not behind the proxy */
export async function observeFleet(database: Database, options: SimulatedFleetOptions): Promise<ObservedFleet> {
  const stack = new AsyncDisposableStack();
  const { target } = database;
  if (!("socketDir" in target)) throw new Error("the tests' server has a socket");
  await migrate(database);
  const keyring: Keyring = testKeyring();
  const simulated = stack.use(await startSimulatedFleet(options));
  const history = recordHistory(simulated);
  const clusters: ObservedCluster[] = [];
  for (const cluster of simulated.clusters) {
    const proxy = stack.use(await startFaultProxy({ to: { port: cluster.api.port } }));
    const { name, ca, token } = cluster;
    const reached = { server: `https://127.0.0.1:${proxy.port}`, ca, token };
    clusters.push({ id: await insertCluster(database, { name, target: reached, keyring }), simulated: cluster, proxy });
  }
  const postgres = stack.use(await startPostgresFaultProxy({ path: `${target.socketDir}/.s.PGSQL.5432` }));
  const throughProxy = connect({ url: `postgres://${target.user}@127.0.0.1:${postgres.port}/${target.database}` });
  stack.defer(() => throughProxy.close());
  const start = () => startTestFleet(throughProxy, keyring);
  let { fleet: product, log } = await start();
  const stop = () => inTime("the product stops", product.stop(), () => log.lines);
  stack.defer(stop);
  const subscriber = await subscribe(database, product.feed);

  const evidence = async (): Promise<Evidence> => {
    await subscriber.settled();
    const stored = await readStored(database);
    const told = { words: new Map(subscriber.words), complaints: [...subscriber.complaints] };
    return { stored, told, atMs: Date.now() };
  };
  const judge = ({ stored, told, atMs }: Evidence) =>
    checkHistory(new Map(clusters.map(({ id, simulated: { name } }) => [id, history.of(name)])), stored, told, {
      hmac: (value) => keyring.hmac(value),
      nowMs: atMs,
    });
  return {
    ...{ simulated, clusters, postgres, subscriber, evidence, judge },
    get product() {
      return product;
    },
    get log() {
      return log;
    },
    async restart() {
      await stop();
      ({ fleet: product, log } = await inTime("the product starts", start(), () => log.lines));
      subscriber.follow(product.feed);
    },
    async untilTrue(deadlineMs) {
      const endMs = performance.now() + deadlineMs;
      await until("nothing moves", () => simulated.life.isStill, deadlineMs);
      let wrong: Violation[] = [];
      await until(
        "the product says what is true",
        async () => {
          wrong = judge(await evidence());
          return wrong.length === 0;
        },
        endMs - performance.now(),
      ).catch((error: unknown) => {
        throw wrong.length === 0 ? error : new Error(`${said(wrong, clusters)}\n${log.lines.slice(-15).join("\n")}`);
      });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A hang says where. */
async function inTime<Result>(what: string, work: Promise<Result>, told: () => readonly string[]): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`waited in vain until ${what}\n${told().slice(-15).join("\n")}`)),
    IN_TIME_MS,
  );
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
const IN_TIME_MS = 30_000;

function said(wrong: readonly Violation[], clusters: readonly ObservedCluster[]): string {
  const named = (object: string) =>
    clusters.reduce((text, { id, simulated }) => text.replace(id, simulated.name), object);
  const lines = wrong.slice(0, 20).map(({ rule, object, detail }) => `${rule}: ${named(object)}: ${named(detail)}`);
  return [`${wrong.length} things are not true`, ...lines].join("\n");
}
