import { type Cluster, DomainError } from "@flux-orchestrator/contract";
import type { ClusterTarget, KubeconfigContext } from "@flux-orchestrator/k8s";
import postgres from "postgres";
import type { OperationContext, SqlRunner } from "../context.ts";
import { announceClusters } from "./announce.ts";
import { oneCluster } from "./one-cluster.ts";
import { freeSlug, nameKey } from "./slug.ts";

/** What people set about a cluster. */
export interface Meta {
  name: string;
  description: string;
  environment: string;
  labels: Record<string, string>;
}

/** Where its credential stands, sealed; a value moved elsewhere cannot be opened. */
export const credentialPlace = (clusterId: string) => ({
  table: "cluster_credentials",
  row: clusterId,
  column: "sealed",
});

/**
 * Adds a cluster with its sealed credential, within the operation's transaction.
 * @throws DomainError CLUSTER_NAME_TAKEN
 */
export async function insertCluster(
  ctx: OperationContext,
  meta: Meta,
  context: UsableContext,
  { source, slugOf }: { source: Cluster["source"]; slugOf: string } = { source: "manual", slugOf: meta.name },
): Promise<Cluster> {
  const { sql, newId: id } = ctx;
  const row = {
    id,
    name: meta.name,
    name_key: nameKey(meta.name),
    description: meta.description,
    environment: meta.environment,
    server: context.server,
    insecure_tls: context.insecureTls,
    credential_kind: context.credentialKind,
    credential_expires_at: context.expiresAt ?? null,
    source,
  };
  // Of two that want the same name or slug, the second waits here until the first is there; nobody waits for anybody else.
  for (let isIn = false; !isIn; ) {
    await refuseTakenName(sql, meta.name);
    const slug = await freeSlug(sql, slugOf);
    isIn = (await sql`insert into clusters ${sql({ ...row, slug })} on conflict do nothing`).count === 1;
  }
  await sql`update clusters set labels = ${sql.json(meta.labels)} where id = ${id}::uuid`;
  await sealCredential(ctx, id, context.target);
  announceClusters(ctx, [id], "upsert");
  return oneCluster(ctx, id);
}

/** Stores a credential, replacing the one before. The plain text is never written anywhere. */
export async function sealCredential(ctx: OperationContext, clusterId: string, target: ClusterTarget): Promise<void> {
  const sealed = ctx.keyring.seal(credentialPlace(clusterId), JSON.stringify(target));
  await ctx.sql`
    insert into cluster_credentials (cluster_id, sealed) values (${clusterId}::uuid, ${sealed})
    on conflict (cluster_id) do update set sealed = excluded.sealed, updated_at = now()`;
}

/** @throws DomainError CLUSTER_NAME_TAKEN, for names that differ by case alone too */
export async function refuseTakenName(sql: SqlRunner, name: string, except?: string): Promise<void> {
  const [taken] = await sql<{ id: string }[]>`
    select id::text as id from clusters where deleted_at is null and name_key = ${nameKey(name)}`;
  if (taken !== undefined && taken.id !== except) throw nameTaken();
}

/** The same, said by the database of a name that was free a moment ago. */
export function takenAsError(error: unknown): never {
  throw error instanceof postgres.PostgresError && error.constraint_name === "clusters_name_key" ? nameTaken() : error;
}

const nameTaken = () =>
  new DomainError("CLUSTER_NAME_TAKEN", "Another cluster already has this name.", {
    hint: "Names that differ only by upper and lower case count as the same. Choose another one.",
  });

/** A context of a kubeconfig that can be registered. */
export type UsableContext = Pick<KubeconfigContext, "server" | "insecureTls"> & {
  credentialKind: Cluster["credential"]["kind"];
  target: ClusterTarget;
  expiresAt?: Date | null;
};
