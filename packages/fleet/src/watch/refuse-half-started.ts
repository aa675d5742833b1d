import type { Database } from "@flux-orchestrator/db";
import { KubeError, type ServedKind, type Transport } from "@flux-orchestrator/k8s";

/**
 * An API server answers discovery before it knows its own CustomResourceDefinitions: for a moment after its start it
 * serves none of them. When kinds are missing that were served before, it has to say that it is ready.
 *
 * @throws KubeError CLUSTER_ERROR while it is not
 */
export async function refuseHalfStarted(options: {
  clusterId: string;
  served: readonly ServedKind[];
  transport: Transport;
  database: Database;
}): Promise<void> {
  const { clusterId, served, transport, database } = options;
  const known = await database.sql<{ group: string; kind: string }[]>`
    select "group", kind from cluster_kinds where cluster_id = ${clusterId}::uuid and version is not null`;
  const isMissing = known.some(({ group, kind }) => !served.some((one) => one.group === group && one.kind === kind));
  if (isMissing && !(await isReady(transport)))
    throw new KubeError("CLUSTER_ERROR", "The API server has just started and does not serve everything yet.", {
      status: 503,
      reason: "NotReady",
    });
}

async function isReady(transport: Transport): Promise<boolean> {
  try {
    await transport.text("/readyz");
    return true;
  } catch (error) {
    if (!(error instanceof KubeError) || error.status === undefined) throw error;
    // Whoever may not ask has to believe.
    return error.status < 500;
  }
}
