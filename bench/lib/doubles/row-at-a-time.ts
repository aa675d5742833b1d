import type { Sql } from "@flux-orchestrator/db";
import type { KubeObject } from "@flux-orchestrator/flux";

/**
 * Saves objects as the original does: a transaction with an UPDATE for each, and where that found no row, a second one with
 * an INSERT; five indexes; the whole object as jsonb. It is kinder than the original, whose ORM takes two to four times the
 * CPU a row.
 */
export async function createRowAtATime(sql: Sql): Promise<(clusterId: string, object: KubeObject) => Promise<void>> {
  await sql`
    create table if not exists row_at_a_time (
      id text primary key, cluster_id text not null, kind text not null, name text not null, namespace text not null,
      status text, message text, last_reconcile timestamptz, metadata jsonb, created_at timestamptz, updated_at timestamptz)`;
  for (const column of ["cluster_id", "kind", "namespace", "status", "updated_at"])
    await sql`create index if not exists ${sql(`row_at_a_time_${column}`)} on row_at_a_time (${sql(column)})`;
  return async (clusterId, object) => {
    const { kind, metadata } = object;
    const { name, namespace = "" } = metadata;
    const id = `${clusterId}-${kind}-${namespace}-${name}`;
    const [ready] = (object.status?.["conditions"] ?? []) as { status: string; message: string }[];
    const row = {
      cluster_id: clusterId,
      kind,
      name,
      namespace,
      status: ready?.status ?? "",
      message: ready?.message ?? "",
      last_reconcile: new Date(),
      metadata: sql.json(object as never),
      created_at: new Date(),
      updated_at: new Date(),
    };
    const updated = await sql.begin((tx) => tx`update row_at_a_time set ${tx(row)} where id = ${id}`);
    if (updated.count === 0)
      await sql.begin((tx) => tx`insert into row_at_a_time ${tx({ id, ...row })} on conflict (id) do nothing`);
  };
}
