import { type Database, type ResourceWrite, writeEdges } from "@flux-orchestrator/db";
import { type EdgeRelation, inventoryHash, type Readiness } from "@flux-orchestrator/flux";
import { storeRows } from "./rows.ts";

/** An object of a test as `Kind name`, in namespace apps, with what it refers to: `relation Kind name`. */
export interface Linked {
  object: string;
  word?: Readiness;
  to?: string[];
  /** Inventory ids of objects of other kinds. */
  applied?: string[];
  row?: Partial<Omit<ResourceWrite, "clusterId" | "word">>;
}

/** Stores rows with their edges, as a flush does. */
export async function storeLinked(database: Database, clusterId: string, linked: readonly Linked[]): Promise<void> {
  const ids = await storeRows(
    database,
    linked.map(({ object, word = "Ready", row }) => {
      const [kind, name] = object.split(" ") as [string, string];
      return { clusterId, kind, name, word, readyStatus: word === "Ready" ? "True" : "False", ...row };
    }),
  );
  await database.sql.begin((tx) =>
    writeEdges(
      tx,
      linked.map(({ to = [], applied = [] }, index) => ({
        resourceId: ids[index]!,
        isNew: false,
        clusterId,
        edges: to.map((edge) => {
          const [relation, kind, name] = edge.split(" ") as [EdgeRelation, string, string];
          return { relation, kind, namespace: "apps", name };
        }),
        plainInventory: applied.map(inventoryHash),
      })),
    ),
  );
}
