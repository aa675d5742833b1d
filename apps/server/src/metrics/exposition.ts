import type { Sql } from "@flux-orchestrator/db";
import type { FleetDepths } from "@flux-orchestrator/fleet";
import type { Registry } from "prom-client";
import { metricsIn } from "./registry.ts";
import { RESOURCES, readStoredFigures, type StoredFigures } from "./stored-figures.ts";

/** Stored figures serve every scrape within this time, and within so many times what it took to read them. */
const KEEP_MS = 1_000;
const KEEP_TIMES = 20;
/** A database that takes longer does not answer: a scrape must, within its usual 10 s. */
const ANSWER_MS = 5_000;

export interface ExpositionOptions {
  registry: Registry;
  sql: Sql;
  depths: () => FleetDepths;
  now: () => number;
}

/** @returns what a scrape is answered; also while the database is away, then without what only it knows */
export function createExposition({ registry, sql, depths, now }: ExpositionOptions): () => Promise<string> {
  const show = gaugesIn(registry);
  let reading: Promise<StoredFigures | undefined> | undefined;
  let keptUntilMs = 0;
  const read = async () => {
    const startedMs = now();
    keptUntilMs = Number.POSITIVE_INFINITY;
    const stored = await within(ANSWER_MS, readStoredFigures(sql)).catch(() => undefined);
    show.stored(stored, depths().told);
    const tookMs = now() - startedMs;
    // That it does not answer is asked again soon, however long it took to know.
    keptUntilMs = now() + (stored === undefined ? KEEP_MS : Math.max(KEEP_MS, KEEP_TIMES * tookMs));
    return stored;
  };
  return async () => {
    if (reading === undefined || now() >= keptUntilMs) reading = read();
    const stored = await reading;
    show.depths(depths());
    return (await registry.metrics()) + resourcesOf(stored);
  };
}

const resourcesOf = (stored: StoredFigures | undefined): string =>
  `\n# HELP ${RESOURCES} Objects by readiness.\n# TYPE ${RESOURCES} gauge\n${stored?.resources ?? ""}`;

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("took too long")), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function gaugesIn(registry: Registry) {
  const { gauge } = metricsIn(registry);
  const databaseUp = gauge("database_up", "Whether the database answered when it was last asked.");
  const total = gauge("clusters_total", "Registered clusters.");
  const healthy = gauge("clusters_healthy", "Clusters whose API server answers.");
  const streams = gauge("cluster_streams", "Clusters by the state of their watches.", ["stream"]);
  const confirmed = gauge(
    "cluster_confirmed_timestamp_seconds",
    "When the rows of a cluster were last known to equal it; absent before the first time.",
    ["cluster_id", "cluster"],
  );
  const expires = gauge("cluster_credential_expiry_timestamp_seconds", "When a credential expires, where it does.", [
    "cluster_id",
    "cluster",
  ]);
  const jobs = gauge("jobs", "Jobs that have not ended.", ["state"]);
  const unread = gauge("feed_unread", "Entries of the change log that this process has not read.");
  const waiting = gauge("queue_waiting", "Objects that wait to be stored.");
  const waitingMax = gauge("queue_waiting_max", "Past so many waiting objects sockets are read no further.");
  const deferred = gauge("queue_deferred", "Objects to be looked at again within 30 seconds.");
  const watches = gauge("watches_open", "Open watches; each holds one of outgoing_requests_max.");
  const following = gauge("reconciles_followed", "Reconciles that are followed to their outcome.");
  return {
    stored(stored: StoredFigures | undefined, told: number): void {
      databaseUp.set(stored === undefined ? 0 : 1);
      // What is not known is absent, never old.
      for (const one of [total, healthy, unread]) one.remove();
      for (const one of [streams, confirmed, expires, jobs]) one.reset();
      if (stored === undefined) return;
      total.set(stored.clusters.length);
      healthy.set(stored.clusters.filter(({ status }) => status === "healthy").length);
      for (const { id, slug, stream, confirmedAt, credentialExpiresAt } of stored.clusters) {
        streams.inc({ stream });
        const labels = { cluster_id: id, cluster: slug };
        if (confirmedAt !== null) confirmed.set(labels, confirmedAt);
        if (credentialExpiresAt !== null) expires.set(labels, credentialExpiresAt);
      }
      for (const state of ["waiting", "running"] as const) jobs.set({ state }, stored.jobs[state]);
      unread.set(Math.max(0, stored.feedHead - told));
    },
    depths(now: FleetDepths): void {
      waiting.set(now.waiting);
      waitingMax.set(now.waitingMax);
      deferred.set(now.deferred);
      watches.set(now.watches);
      following.set(now.following);
    },
  };
}
