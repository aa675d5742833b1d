import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { cleanupHistory } from "./cleanup-history.ts";

const fixture = useApi();
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

async function store(name: string, days: number): Promise<void> {
  const { sql } = fixture.database;
  const key = { cluster_id: crypto.randomUUID(), group: "g", kind: "Kustomization", namespace: "a", name, uid: "u" };
  await sql`insert into resource_transitions ${sql({ ...key, to_word: "Ready", at: daysAgo(days) })}`;
  const told = {
    type: "Normal",
    reason: "r",
    message: "",
    source: "s",
    fingerprint: "f",
    event_uid: "e",
    event_count: 1,
  };
  // Told first long ago: what counts is when it was told last.
  await sql`insert into object_events ${sql({ ...key, ...told, count: 1, first_at: daysAgo(365), last_at: daysAgo(days) })}`;
  for (const ended_at of [daysAgo(days), null]) {
    const run = {
      id: crypto.randomUUID(),
      token: name,
      steps: "[]",
      options: "{}",
      phase: ended_at === null ? "requested" : "ended",
      message: "",
      actor: "a",
    };
    await sql`insert into reconcile_runs ${sql({ ...key, ...run, started_at: daysAgo(days), deadline_at: daysAgo(days), ended_at })}`;
  }
}

test("what is older than activities are kept goes; what is younger or still open stays", async () => {
  await store("old", 91);
  await store("young", 89);
  await fixture.database.sql`insert into label_sets (hash, labels) values (1, '{"team":"nobody"}')`;
  expect(await fixture.perform(cleanupHistory, undefined)).toEqual({
    transitions: 1,
    runs: 1,
    events: 1,
    labelSets: 1,
  });
  expect(await fixture.perform(cleanupHistory, undefined)).toEqual({
    transitions: 0,
    runs: 0,
    events: 0,
    labelSets: 0,
  });
  const { sql } = fixture.database;
  expect([...(await sql`select name from resource_transitions`)]).toEqual([{ name: "young" }]);
  expect([...(await sql`select name from object_events`)]).toEqual([{ name: "young" }]);
  const open = await sql`select name from reconcile_runs where ended_at is null order by name`;
  expect(open.map(({ name }) => name)).toEqual(["old", "young"]);
});

test("whoever may not change settings drops nothing", async () => {
  fixture.rights.give("reader", allBut("setting.update"));
  expect(await fixture.refusal(cleanupHistory, undefined, "reader")).toMatchObject({ code: "FORBIDDEN" });
});
