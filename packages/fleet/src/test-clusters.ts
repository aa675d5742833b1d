import { randomBytes } from "node:crypto";
import { createKeyring, type Database, type Keyring } from "@flux-orchestrator/db";
import { type ClusterTarget, LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { type Fleet, type FleetOptions, startFleet } from "./start-fleet.ts";
import { type RecordingLog, recordingLog } from "./test-fleet.ts";

/** A key of this test file's own. */
export const testKeyring = (key: Buffer = randomBytes(32)): Keyring => createKeyring(key);

export async function startTestFleet(
  database: Database,
  keyring: Keyring,
  options: Partial<FleetOptions> = {},
): Promise<{ fleet: Fleet; log: RecordingLog }> {
  const log = recordingLog();
  const fleet = await startFleet({
    database,
    keyring,
    egress: LOCAL_EGRESS,
    log,
    syncIntervalMinutes: async () => 5,
    ...options,
  });
  return { fleet, log };
}

/** How to reach a test's API server, as its admin or with a token. */
export function targetOf(
  apiserver: { server: string; ca: string; adminCert: string; adminKey: string },
  token?: string,
): ClusterTarget {
  const { server, ca, adminCert, adminKey } = apiserver;
  return { server, ca, ...(token === undefined ? { cert: adminCert, key: adminKey } : { token }) };
}

export interface ClusterRow {
  status: string;
  stream: string;
  problem: { code: string; since: string } | null;
  kubernetesVersion: string | null;
  confirmedAt: Date | null;
}

export async function clusterRow(database: Database, clusterId: string): Promise<ClusterRow> {
  const [row] = await database.sql<ClusterRow[]>`
    select status, stream, problem, kubernetes_version as "kubernetesVersion", confirmed_at as "confirmedAt"
    from clusters where id = ${clusterId}::uuid`;
  if (row === undefined) throw new Error("the cluster has no row");
  return row;
}

export async function kindState(database: Database, clusterId: string, kind: string): Promise<string | undefined> {
  const [row] = await database.sql<{ state: string }[]>`
    select state from cluster_kinds where cluster_id = ${clusterId}::uuid and kind = ${kind}`;
  return row?.state;
}

export interface ObjectRow {
  name: string;
  word: string;
  message: string;
  version: string;
  suspended: boolean;
}

/** The rows of one namespace of a cluster, by kind and name. */
export async function objectRows(
  database: Database,
  clusterId: string,
  namespace: string,
): Promise<Map<string, ObjectRow>> {
  const rows = await database.sql<ObjectRow[]>`
    select kind || '/' || name as name, word, message, resource_version as version, suspended
    from flux_resources where cluster_id = ${clusterId}::uuid and namespace = ${namespace} order by 1`;
  return new Map(rows.map((row) => [row.name, row]));
}

/** A GitRepository as the API server takes it; with `ready`, as its controller left it. */
export function gitRepository(
  namespace: string,
  name: string,
  ready?: { status: "True" | "False" | "Unknown"; reason?: string; message?: string },
) {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name, namespace },
    spec: { interval: "1m", url: "https://example.com/fleet.git", ref: { branch: "main" } },
    ...(ready === undefined ? {} : { status: readyStatus(ready) }),
  };
}

/** What a controller writes once it has decided. */
export function readyStatus(
  { status, reason, message }: { status: "True" | "False" | "Unknown"; reason?: string; message?: string },
  rest: Record<string, unknown> = {},
) {
  return {
    observedGeneration: 1,
    conditions: [
      {
        type: "Ready",
        status,
        reason: reason ?? (status === "True" ? "Succeeded" : "GitOperationFailed"),
        message: message ?? "",
        lastTransitionTime: "2026-01-02T03:04:05Z",
        observedGeneration: 1,
      },
    ],
    ...rest,
  };
}
