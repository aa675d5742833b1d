import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { cleanupIdempotencyKeys } from "./cleanup.ts";

const fixture = useApi();

test("keys whose day is over go, the others stay", async () => {
  const { sql } = fixture.database;
  await sql`
    insert into idempotency_keys (actor, key, fingerprint, request_id, alive_until, expires_at)
    select 'ada', n::text, '', '', now(), now() + (n - 1500) * interval '1 minute' from generate_series(1, 1510) n`;
  expect(await fixture.perform(cleanupIdempotencyKeys, undefined)).toEqual({ removed: 1500 });
  const left = await sql<{ key: number }[]>`select key::int as key from idempotency_keys order by 1`;
  expect(left.map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, index) => 1501 + index));
});

test("whoever may not change settings drops nothing", async () => {
  fixture.rights.give("reader", allBut("setting.update"));
  expect(await fixture.refusal(cleanupIdempotencyKeys, undefined, "reader")).toMatchObject({ code: "FORBIDDEN" });
});
