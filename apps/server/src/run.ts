import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createApi, numberSetting, seedRoles } from "@flux-orchestrator/api";
import { loopbackHosts } from "@flux-orchestrator/contract";
import { startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS, SERVER_EGRESS } from "@flux-orchestrator/k8s";
import type { Logger } from "pino";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { credentialsOf } from "./credentials-of.ts";
import { openDatabase } from "./database.ts";
import { staticFiles } from "./http/static-files.ts";
import { registerInCluster } from "./in-cluster/register-in-cluster.ts";
import { serviceAccount } from "./in-cluster/service-account.ts";
import { startRetentionJob } from "./jobs/retention.ts";
import { startSyncJob } from "./jobs/sync.ts";
import { listen } from "./listen.ts";
import { createMetrics } from "./metrics/create-metrics.ts";
import { createExposition } from "./metrics/exposition.ts";
import { VERSION } from "./version.ts";

const DASHBOARD = resolve(import.meta.dir, "../../web/build");

export interface Running {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  port: number;
  /** Resolves when the embedded Postgres ended under us: nothing works then. */
  lost: Promise<void>;
  /** Ends everything, in the reverse order of its start. */
  stop(): Promise<void>;
}

/** Starts everything, each part on what was started before it. What was started is stopped again when a later part fails. */
export async function run(config: Config, log: Logger, print: (line: string) => void): Promise<Running> {
  await using started = new AsyncDisposableStack();
  const metrics = createMetrics(VERSION);
  started.defer(() => metrics.stop());
  const { database, keyring, lost, close } = await openDatabase(config, metrics.statements);
  started.defer(close);
  await seedRoles(database.sql);

  const localKubeconfig =
    config.mode === "local" ? (await import("./local/local-kubeconfig.ts")).localKubeconfig(config, print) : undefined;
  const { inCluster } = config;
  const account = inCluster === undefined ? undefined : await serviceAccount(inCluster.directory);
  const egress = config.mode === "local" ? LOCAL_EGRESS : SERVER_EGRESS;
  const fleet = await startFleet({
    database,
    keyring,
    egress,
    log,
    metrics: metrics.fleet,
    syncIntervalMinutes: () => numberSetting(database.sql, "auto_sync_interval_minutes"),
    ...credentialsOf(localKubeconfig, account),
  });
  started.defer(() => fleet.stop());

  const api = createApi({
    database,
    fleet,
    keyring,
    mode: config.mode,
    simulated: config.simulated,
    egress,
    ...(localKubeconfig === undefined ? {} : { localKubeconfig }),
    log,
    metrics: metrics.operations,
    now: Date.now,
    version: VERSION,
  });
  started.defer(() => api.close());
  started.defer(() => api.jobs.stop());

  if (inCluster !== undefined && account !== undefined)
    await registerInCluster(api, log, { ...inCluster, ca: account.ca });
  for (const job of [startSyncJob(fleet), startRetentionJob(api, log)]) started.defer(() => job.stop());

  const files = existsSync(DASHBOARD) ? staticFiles(DASHBOARD, config) : undefined;
  const ready = async () => (await database.sql`select 1`).length === 1;
  const { answered, registry } = metrics;
  const exposition = createExposition({ registry, sql: database.sql, depths: () => fleet.depths(), now: Date.now });
  let port = 0;
  const app = createApp({ api, log, files, ready, answered, exposition, hosts: () => loopbackHosts(port) });
  const listening = listen(config.port, app.fetch);
  port = listening.port;
  // Open streams end at once: their readers come back to the next start.
  started.defer(() => listening.server.stop(true));
  // Last, and not waited for: an earlier process's jobs are no reason to be ready later.
  api.jobs.start();

  const owned = started.move();
  return { url: loopbackHosts(port).url, port, lost, stop: () => owned.disposeAsync() };
}
