import { expect, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import type { FluxController } from "@flux-orchestrator/flux";
import { insertCluster } from "../test-fleet.ts";
import { storeControllers } from "./store-controllers.ts";

const fixture = useDatabase();
const controller = (own: Partial<FluxController> = {}): FluxController => ({
  namespace: "flux-system",
  name: "kustomize-controller",
  controller: "kustomize-controller",
  version: "v1.9.4",
  desired: 1,
  available: 1,
  state: "available",
  since: null,
  selector: null,
  onlyNamespace: null,
  ...own,
});

/** A cluster of its own: what was stored of it, and how often the change log told of it. */
async function cluster() {
  const id = await insertCluster(fixture.database);
  const { sql } = fixture.database;
  return {
    store: (...controllers: FluxController[]) =>
      storeControllers(fixture.database, id, { read: "everywhere", controllers, served: ["Kustomization", "Alert"] }),
    forbid: () =>
      storeControllers(fixture.database, id, { read: "forbidden", controllers: [], served: ["Kustomization"] }),
    since: async () =>
      (await sql<{ since: Date }[]>`select since from cluster_controllers where cluster_id = ${id}::uuid`).map(
        (row) => row.since,
      ),
    doubtful: async () =>
      (await sql<{ kinds: string[] | null }[]>`select doubtful_kinds as kinds from clusters where id = ${id}::uuid`)[0]!
        .kinds,
    told: async () =>
      (await sql<{ count: number }[]>`select count(*)::int as count from change_log where cluster_id = ${id}::uuid`)[0]!
        .count,
  };
}

test("what is known already is not written again, and a state that goes on keeps its time", async () => {
  const { store, since, told } = await cluster();
  await store(controller());
  const [began] = await since();
  await store(controller());
  expect([await told(), await since()]).toEqual([1, [began!]]);
  await store(controller({ version: "v1.9.5" }));
  expect([await told(), await since()]).toEqual([2, [began!]]);
  await store(controller({ state: "unavailable", available: 0, since: "2026-01-02T03:04:05Z" }));
  expect([await told(), await since()]).toEqual([3, [new Date("2026-01-02T03:04:05Z")]]);
});

test("until one was seen nothing is in doubt; once it was, its absence is", async () => {
  const { store, forbid, doubtful } = await cluster();
  await store();
  expect(await doubtful()).toBeNull();
  await store(controller());
  expect(await doubtful()).toEqual([]);
  await store();
  expect(await doubtful()).toEqual(["Kustomization"]);
  await forbid();
  expect(await doubtful()).toBeNull();
});

test("a cluster that is gone is left alone", async () => {
  const known = { read: "everywhere", controllers: [controller()], served: [] } as const;
  const gone = crypto.randomUUID();
  await storeControllers(fixture.database, gone, known);
  const { sql } = fixture.database;
  expect(await sql`select name from cluster_controllers where cluster_id = ${gone}::uuid`).toHaveLength(0);
});
