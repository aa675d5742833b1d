import { expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { useSimulated } from "../../test/simulated.ts";
import { reconcileResource } from "./reconcile.ts";
import { getRun } from "./run.ts";

const fixture = useApi();
const simulated = useSimulated(fixture, { clusters: 1, objects: 10 });

/** A source that nothing suspends. */
async function target() {
  const [row] = await fixture.database.sql<{ cluster: string; kind: string; namespace: string; name: string }[]>`
    select cluster_id::text as cluster, kind, namespace, name from flux_resources
    where kind = 'GitRepository' and not suspended order by name limit 1`;
  return row!;
}
const patches = () => [...simulated.byId.values()][0]!.requests()["patch"] ?? 0;
const runs = () => fixture.database.sql<{ id: string; intentId: string }[]>`
  select id::text as id, intent_id::text as "intentId" from reconcile_runs`;

/** While this runs, nothing can be added to a table. */
async function withoutInserts(table: string, work: () => Promise<void>): Promise<void> {
  const { sql } = fixture.database;
  await sql`create function refuse_insert() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$`;
  await sql`create trigger refuse_insert before insert on ${sql(table)} for each row execute function refuse_insert()`;
  try {
    await work();
  } finally {
    await sql`drop trigger refuse_insert on ${sql(table)}`;
    await sql`drop function refuse_insert`;
  }
}

test("a reconcile whose intent cannot be recorded is not asked for, and nobody follows it", async () => {
  const object = await target();
  const before = patches();
  await withoutInserts("audit_events", async () => {
    expect(await fixture.refusal(reconcileResource, object)).toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  });
  expect(patches()).toBe(before);
  expect(fixture.fleet.depths().following).toBe(0);
});

test("a reconcile whose run cannot be stored fails, and its outcome is unknown", async () => {
  const object = await target();
  const recorded = (await fixture.recorded()).length;
  await withoutInserts("reconcile_runs", async () => {
    expect(await fixture.refusal(reconcileResource, object)).toMatchObject({ code: "INTERNAL" });
  });
  expect((await fixture.recorded()).slice(recorded)).toMatchObject([
    { operation: "resource.reconcile", outcome: "unknown" },
  ]);
  expect(await runs()).toHaveLength(0);
  expect(fixture.fleet.depths().following).toBe(0);
});

test("a reconcile answers with its run, which is told, refers to its intent and is followed to its end", async () => {
  const { sql } = fixture.database;
  const run = await fixture.perform(reconcileResource, await target());
  expect(run).toMatchObject({ phase: "requested", outcome: null, endedAt: null });
  const [stored] = await runs();
  expect(stored!.id).toBe(run.id);
  const [intent] = await sql`select operation, part from audit_events where id = ${stored!.intentId}::bigint`;
  expect(intent).toMatchObject({ operation: "resource.reconcile", part: "intent" });
  await until("it is told", async () => (await sql`select from change_log where run_id = ${run.id}`).length > 0);
  const ended = await until("the run has ended", async () => {
    const now = await fixture.perform(getRun, { id: run.id });
    return now.phase === "ended" && now;
  });
  expect(ended).toMatchObject({ token: run.token, startedAt: run.startedAt, outcome: expect.any(String) });
});
