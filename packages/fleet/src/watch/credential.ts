import type { Database, Keyring } from "@flux-orchestrator/db";
import type { ClusterTarget } from "@flux-orchestrator/k8s";

/**
 * Opens the sealed credential of a cluster. The clear text is kept by its connection and nowhere else.
 * @returns with the digest of how it is sealed, by which another one is known; null when there is none
 * @throws SealError when the present key does not open it
 */
export async function readCredential(
  database: Database,
  keyring: Keyring,
  clusterId: string,
): Promise<{ target: ClusterTarget; digest: string } | null> {
  const [row] = await database.sql<{ sealed: string; digest: string }[]>`
    select sealed, md5(sealed) as digest from cluster_credentials where cluster_id = ${clusterId}::uuid`;
  if (row === undefined) return null;
  const place = { table: "cluster_credentials", row: clusterId, column: "sealed" };
  return { target: JSON.parse(keyring.open(place, row.sealed)) as ClusterTarget, digest: row.digest };
}
