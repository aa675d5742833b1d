import type { Database, Keyring } from "@flux-orchestrator/db";
import { fluxKind, type KubeObject, normalise } from "@flux-orchestrator/flux";
import type { ClusterTarget } from "@flux-orchestrator/k8s";
import { Flusher, type FlusherOptions } from "./flush/flusher.ts";
import type { Pending } from "./flush/pending.ts";
import { Lease, type LeaseOptions } from "./lease.ts";
import type { FleetLog } from "./log.ts";
import { NO_METRICS } from "./metrics.ts";
import { ObjectSink, type SinkOptions } from "./watch/object-sink.ts";

export interface RecordingLog extends FleetLog {
  /** `level: message`, in order. */
  readonly lines: string[];
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  return { lines, info: write("info"), warn: write("warn"), error: write("error") };
}

/** A lease of its own, which renews nothing by itself. */
export function testLease(database: Database, options: Partial<LeaseOptions> = {}): Lease {
  return new Lease({ database, replicaId: crypto.randomUUID(), log: recordingLog(), onLost: () => {}, ...options });
}

/** A running flusher that owns the clusters given; end both when done. */
export async function startFlusher(
  database: Database,
  clusterIds: readonly string[],
  options: Partial<FlusherOptions> = {},
): Promise<{ flusher: Flusher; lease: Lease; log: RecordingLog; stop(): Promise<void> }> {
  const log = recordingLog();
  const lease = options.lease ?? testLease(database);
  await lease.start();
  for (const id of clusterIds) await lease.claim(id);
  const flusher = new Flusher({
    database,
    lease,
    log,
    metrics: NO_METRICS,
    now: Date.now,
    onWritten: () => {},
    onLost: () => {},
    ...options,
  });
  flusher.start();
  return {
    flusher,
    lease,
    log,
    async stop() {
      await flusher.stop();
      await lease.stop();
    },
  };
}

/** A registered cluster, as an operation stores it. @returns its id */
export async function insertCluster(
  database: Database,
  options: { name?: string; target?: ClusterTarget; keyring?: Keyring } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const { name = `cluster-${id.slice(0, 8)}`, target, keyring } = options;
  await database.sql`insert into clusters ${database.sql({
    id,
    slug: name,
    name,
    name_key: name,
    server: target?.server ?? "https://127.0.0.1:1",
    credential_kind: "token",
  })}`;
  if (target !== undefined && keyring !== undefined) {
    const sealed = keyring.seal({ table: "cluster_credentials", row: id, column: "sealed" }, JSON.stringify(target));
    await database.sql`insert into cluster_credentials (cluster_id, sealed) values (${id}::uuid, ${sealed})`;
  }
  return id;
}

/** What a test says of a Kustomization; the rest is made up. */
export interface TestObject {
  name: string;
  namespace?: string;
  uid?: string;
  version: number;
  generation?: number;
  ready?: "True" | "False" | "Unknown" | undefined;
  reason?: string;
  message?: string;
  revision?: string;
  suspend?: boolean;
  createdAt?: string;
}

export function kustomization(said: TestObject): KubeObject {
  const generation = said.generation ?? 1;
  const revision = said.revision ?? "main@sha1:5d5c4c1";
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: {
      name: said.name,
      namespace: said.namespace ?? "apps",
      uid: said.uid ?? `uid-${said.name}`,
      resourceVersion: String(said.version),
      generation,
      creationTimestamp: said.createdAt ?? "2026-01-02T03:04:05Z",
    },
    spec: { interval: "10m", ...(said.suspend === true ? { suspend: true } : {}) },
    status:
      said.ready === undefined
        ? {}
        : {
            observedGeneration: generation,
            lastAttemptedRevision: revision,
            lastAppliedRevision: revision,
            conditions: [
              {
                type: "Ready",
                status: said.ready,
                reason: said.reason ?? (said.ready === "True" ? "ReconciliationSucceeded" : "BuildFailed"),
                message: said.message ?? "",
                lastTransitionTime: "2026-01-02T03:04:05Z",
                observedGeneration: generation,
              },
            ],
          },
  };
}

/** Stands for the keyed fingerprint of a masked value. */
export const testHmac = (value: string): string => Bun.hash(value).toString(16);

/** A sink for one kind of a cluster, which nobody listens to beside the flusher. */
export function testSink(
  kind: string,
  options: Pick<SinkOptions, "clusterId" | "flusher" | "prints"> & Partial<SinkOptions>,
  isResumed = false,
): ObjectSink {
  const { group, plural } = fluxKind(kind)!;
  const served = { group, version: "v1", plural, kind, namespaced: true, verbs: [] };
  const quiet = {
    metrics: NO_METRICS,
    hmac: testHmac,
    now: Date.now,
    signal: new AbortController().signal,
    onState: () => {},
    onListed: () => {},
    onReached: () => {},
    onObject: () => {},
    onUnreadable: () => {},
  };
  return new ObjectSink({ ...quiet, ...options }, served, isResumed);
}

export function seenIn(clusterId: string, object: KubeObject): Pending {
  const normalised = normalise(object, { hmac: testHmac });
  return { change: "seen", key: { clusterId, ...normalised.key }, object: normalised };
}

export function goneFrom(clusterId: string, object: KubeObject): Pending {
  const { key } = normalise(object, { hmac: testHmac });
  return { change: "gone", key: { clusterId, ...key }, uid: object.metadata.uid };
}

/** Counters that are not what the rows say, of every cluster; nothing, if all is well. */
export async function countDrift(database: Database): Promise<object[]> {
  return await database.sql`
    select * from (
      select 'resource_counts' as counter, cluster_id, namespace, "group", kind, word, coalesce(c.count, 0)::int as counted, coalesce(r.count, 0)::int as actual
      from (select * from resource_counts) c
      full join (select cluster_id, namespace, "group", kind, word, count(*) from flux_resources group by 1, 2, 3, 4, 5) r
        using (cluster_id, namespace, "group", kind, word)
      union all
      select 'cluster_kind_counts', cluster_id, '', '', kind, word, coalesce(c.count, 0)::int, coalesce(r.count, 0)::int
      from (select * from cluster_kind_counts) c
      full join (select cluster_id, kind, word, count(*) from flux_resources group by 1, 2, 3) r using (cluster_id, kind, word)
      union all
      select 'cluster_counts', cluster_id, '', '', '', word, coalesce(c.count, 0)::int, coalesce(r.count, 0)::int
      from (select * from cluster_counts) c
      full join (select cluster_id, word, count(*) from flux_resources group by 1, 2) r using (cluster_id, word)
    ) counters where counted <> actual`;
}

/** The rows as the log tells them, read from its beginning: what a reader of the feed knows. */
export async function rowsOfLog(database: Database): Promise<{ words: Map<string, string>; numbers: number[] }> {
  const entries = await database.sql<
    { number: number; name: string; oldWord: string | null; newWord: string | null }[]
  >`
    select number::float8 as number, concat_ws('/', cluster_id, kind, namespace, name) as name, old_word as "oldWord", new_word as "newWord"
    from change_log where subject = 'resource' order by number`;
  const words = new Map<string, string>();
  for (const { number, name, oldWord, newWord } of entries) {
    const known = words.get(name) ?? null;
    if (known !== oldWord) throw new Error(`entry ${number} of ${name} says it was ${oldWord}, but it was ${known}`);
    if (newWord === null) words.delete(name);
    else words.set(name, newWord);
  }
  return { words, numbers: entries.map(({ number }) => number) };
}

export async function rowsOfTable(database: Database): Promise<Map<string, string>> {
  const rows = await database.sql<{ name: string; word: string }[]>`
    select concat_ws('/', cluster_id, kind, namespace, name) as name, word from flux_resources`;
  return new Map(rows.map(({ name, word }) => [name, word]));
}
