import type { Database } from "@flux-orchestrator/db";
import { fluxKind } from "@flux-orchestrator/flux";
import { KubeError, type ServedKind, type Transport } from "@flux-orchestrator/k8s";
import type { Flusher } from "../flush/flusher.ts";

/**
 * Takes away the rows of kinds the cluster no longer serves: their objects went with the CustomResourceDefinition while
 * nobody watched. Discovery alone is not believed, because it lags: the collection itself is asked for.
 *
 * @returns false when a kind is there though discovery lacks it: it has to be asked again
 */
export async function sweepAbsentKinds(options: {
  clusterId: string;
  served: readonly ServedKind[];
  transport: Transport;
  database: Database;
  flusher: Flusher;
  signal: AbortSignal;
}): Promise<boolean> {
  const { clusterId, served, transport, database, flusher, signal } = options;
  const stored = await database.sql<{ group: string; kind: string; apiVersion: string }[]>`
    select distinct "group", kind, api_version as "apiVersion" from flux_resources where cluster_id = ${clusterId}::uuid`;
  let complete = true;
  for (const { group, kind, apiVersion } of stored) {
    const plural = fluxKind(kind)?.plural;
    if (plural === undefined || served.some((one) => one.group === group && one.kind === kind)) continue;
    const answer = await ask(transport, `/apis/${apiVersion}/${plural}?limit=1`, signal);
    if (answer === "absent") await flusher.sweep({ clusterId, group, kind }, [], signal);
    else if (answer === "there") complete = false;
  }
  return complete;
}

async function ask(transport: Transport, path: string, signal: AbortSignal): Promise<"there" | "absent" | "unknown"> {
  try {
    await transport.text(path, { signal });
    return "there";
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return error.code === "OBJECT_NOT_FOUND" ? "absent" : "unknown";
  }
}
