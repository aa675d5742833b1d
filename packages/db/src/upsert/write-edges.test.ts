import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { useDatabase } from "../test-database.ts";
import { deleteResources, type EdgesWrite, writeEdges } from "./index.ts";

const fixture = useDatabase();
const edge = (name: string, relation = "source") => ({
  relation,
  kind: "GitRepository",
  namespace: "flux-system",
  name,
});
let lastId = 0;
const object = (): Pick<EdgesWrite, "resourceId" | "isNew" | "clusterId"> => ({
  isNew: false,
  resourceId: String(++lastId),
  clusterId: randomUUID(),
});

const write = (...writes: EdgesWrite[]) => fixture.database.sql.begin((tx) => writeEdges(tx, writes));
async function stored({ resourceId }: { resourceId: string }) {
  const { sql } = fixture.database;
  const edges = await sql<{ edge: string }[]>`
    select concat_ws(' ', relation, kind, namespace, name) as edge from resource_edges where resource_id = ${resourceId} order by 1`;
  const [inventory] = await sql<{ objects: string[] }[]>`
    select objects from resource_inventories where resource_id = ${resourceId}`;
  return { edges: edges.map((row) => row.edge), inventory: inventory?.objects };
}

test("edges and inventory become what is given, of each object on its own", async () => {
  const [one, other] = [object(), object()];
  await write(
    { ...one, edges: [edge("a"), edge("b")], plainInventory: [7] },
    { ...other, edges: [edge("a")], plainInventory: [] },
  );
  await write({ ...one, edges: [edge("b"), edge("b", "dependsOn")], plainInventory: [7, 9_007_199_254_740_991] });
  expect(await stored(one)).toMatchObject({
    edges: ["dependsOn GitRepository flux-system b", "source GitRepository flux-system b"],
    inventory: ["7", "9007199254740991"],
  });
  expect(await stored(other)).toMatchObject({ edges: ["source GitRepository flux-system a"], inventory: undefined });
  await write({ ...one, edges: [], plainInventory: [] });
  expect(await stored(one)).toEqual({ edges: [], inventory: undefined });
});

test("they go with their row", async () => {
  const gone: EdgesWrite = { ...object(), edges: [edge("a")], plainInventory: [7] };
  await write(gone);
  await fixture.database.sql.begin((tx) => deleteResources(tx, [gone.resourceId]));
  expect(await stored(gone)).toEqual({ edges: [], inventory: undefined });
});
