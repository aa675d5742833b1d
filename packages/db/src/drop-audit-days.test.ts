import { expect, setDefaultTimeout, test } from "bun:test";
import { dropAuditDays } from "./drop-audit-days.ts";
import { useDatabase } from "./test-database.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const sql = () => fixture.database.sql;
const record = (at: string) =>
  sql()`insert into audit_events ${sql()({
    at: new Date(at),
    part: "intent",
    actor: "system",
    operation: "resource.suspend",
    action: "suspend",
    resource_type: "Kustomization",
    resource_id: "1",
    resource_name: "app",
    through: "rest",
  })}`;
const messageOf = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => "accepted",
    (error: Error) => error.message,
  );

test("what was recorded can be neither altered nor deleted, by nobody", async () => {
  await record("2026-01-05T10:00:00Z");
  for (const attempt of [
    () => sql()`update audit_events set actor = 'somebody else'`,
    () => sql()`delete from audit_events`,
    () => sql()`truncate audit_events`,
    () =>
      sql().begin(async (tx) => {
        await tx`select set_config('flux_orchestrator.retention', 'on', true)`;
        await tx`update audit_events set actor = 'somebody else'`;
      }),
  ])
    expect(await messageOf(attempt())).toBe("audit_events is append-only");
  expect(await sql()`select actor from audit_events`).toMatchObject([{ actor: "system" }]);
});

test("retention drops whole days, and only those that ended", async () => {
  for (const at of ["2026-01-03T23:59:59.999Z", "2026-01-04T00:00:00Z", "2026-01-04T18:00:00Z"]) await record(at);
  expect(await dropAuditDays(sql(), new Date("2026-01-04T12:00:00Z"))).toBe(1);
  const left = await sql()<{ at: Date }[]>`select at from audit_events order by at`;
  expect(left.map(({ at }) => at.toISOString())).toEqual([
    "2026-01-04T00:00:00.000Z",
    "2026-01-04T18:00:00.000Z",
    "2026-01-05T10:00:00.000Z",
  ]);
  expect(await dropAuditDays(sql(), new Date("2026-01-04T12:00:00Z"))).toBe(0);
});
