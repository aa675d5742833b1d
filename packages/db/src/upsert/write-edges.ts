import type { Transaction } from "../connect.ts";
import { columnArrays } from "./column-arrays.ts";

/** Everything one row of `flux_resources` refers to and applied: what is not in it is taken away. */
export interface EdgesWrite {
  /** Decimal string, as `newResourceIds` gave it. */
  resourceId: string;
  /** There was no row before, so nothing has to be taken away. */
  isNew: boolean;
  clusterId: string;
  /** Each once. */
  edges: readonly { relation: string; kind: string; namespace: string; name: string }[];
  /** Hashes of the inventory ids of objects of other kinds. */
  plainInventory: readonly number[];
}

const edgeColumns = columnArrays<EdgesWrite["edges"][number] & Pick<EdgesWrite, "resourceId" | "clusterId">>({
  resourceId: "bigint",
  clusterId: "uuid",
  relation: "text",
  kind: "text",
  namespace: "text",
  name: "text",
});
const EDGES = `
  insert into resource_edges (resource_id, cluster_id, relation, kind, namespace, name)
  select * from unnest(${edgeColumns.arrays})`;
/** Arrays of arrays would have to be of one length. */
const inventoryColumns = columnArrays<{ resourceId: string; objects: string }>({
  resourceId: "bigint",
  objects: "text",
});
const INVENTORIES = `
  insert into resource_inventories (resource_id, objects)
  select "resourceId", "objects"::bigint[] from unnest(${inventoryColumns.arrays}) as r(${inventoryColumns.fields})`;

/**
 * Replaces the stored edges and inventories of these rows by what is given. Call it only with those that differ, and with
 * their rows of `flux_resources` locked: that is what keeps two writers apart.
 */
export async function writeEdges(tx: Transaction, writes: readonly EdgesWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const known = writes.filter(({ isNew }) => !isNew).map(({ resourceId }) => resourceId);
  const edges = writes.flatMap(({ resourceId, clusterId, edges }) =>
    edges.map((edge) => ({ resourceId, clusterId, ...edge })),
  );
  const inventories = writes.flatMap(({ resourceId, plainInventory }) =>
    plainInventory.length === 0 ? [] : [{ resourceId, objects: `{${plainInventory}}` }],
  );
  // Sent together, done in order.
  await Promise.all([
    ...(known.length === 0 ? [] : deletes(tx, known)),
    ...(edges.length === 0 ? [] : [tx.unsafe(EDGES, edgeColumns.parameters(edges), { prepare: true })]),
    ...(inventories.length === 0
      ? []
      : [tx.unsafe(INVENTORIES, inventoryColumns.parameters(inventories), { prepare: true })]),
  ]);
}

const deletes = (tx: Transaction, ids: readonly string[]) => [
  tx`delete from resource_edges where resource_id = any(${[...ids]}::bigint[])`,
  tx`delete from resource_inventories where resource_id = any(${[...ids]}::bigint[])`,
];

/** Takes the edges and inventories of rows away that are being deleted, by id (decimal strings). */
export async function deleteEdges(tx: Transaction, ids: readonly string[]): Promise<void> {
  await Promise.all(deletes(tx, ids));
}
