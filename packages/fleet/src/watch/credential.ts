import type { Database, Keyring } from "@flux-orchestrator/db";
import type { ClusterTarget } from "@flux-orchestrator/k8s";

/**
 * Opens the sealed credential of a cluster. The clear text is kept by its connection and nowhere else.
 * @returns null when there is none
 * @throws SealError when the present key does not open it
 */
export async function readCredential(
  database: Database,
  keyring: Keyring,
  clusterId: string,
): Promise<ClusterTarget | null> {
  const [row] = await database.sql<
    { sealed: string }[]
  >`select sealed from cluster_credentials where cluster_id = ${clusterId}::uuid`;
  if (row === undefined) return null;
  return JSON.parse(
    keyring.open({ table: "cluster_credentials", row: clusterId, column: "sealed" }, row.sealed),
  ) as ClusterTarget;
}
