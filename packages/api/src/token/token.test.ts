import { beforeAll, describe, expect, test } from "bun:test";
import type { NewApiToken } from "@flux-orchestrator/contract";
import { until } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { submitted } from "../../test/submitted.ts";
import { createTouches, held, TOUCH_JOBS, touchAgain } from "../../test/touch-jobs.ts";
import { listClusters } from "../cluster/list.ts";
import { listSettings } from "../setting/list.ts";
import { updateSetting } from "../setting/update.ts";
import { systemInfo } from "../system/info.ts";
import { createToken } from "./create.ts";
import { listTokens } from "./list.ts";
import { revokeToken } from "./revoke.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
beforeAll(() => createTouches(fixture.database));
const DAY_MS = 86_400_000;
let count = 0;
const create = (
  input: Partial<Parameters<typeof fixture.perform<typeof createToken.input, typeof createToken.output>>[1]> = {},
  actor = "operator",
): Promise<NewApiToken> =>
  fixture.perform(createToken, { name: `made-${++count}`, permissions: ["setting.read"], ...input }, actor);
const names = async (input: object, actor?: string) =>
  (await fixture.perform(listTokens, input, actor)).map(({ name }) => name);
const daysOf = ({ createdAt, expiresAt }: NewApiToken) => (Date.parse(expiresAt) - Date.parse(createdAt)) / DAY_MS;

describe("making one", () => {
  test("tells it once; only a hash of it is kept, and what was done is recorded", async () => {
    const made = await create({ name: "ci", permissions: ["resource.read", "setting.read", "resource.read"] });
    expect(made).toMatchObject({ name: "ci", kind: "personal", owner: "operator", lastUsedAt: null, revokedAt: null });
    expect([made.permissions, daysOf(made)]).toEqual([["resource.read", "setting.read"], 90]);
    const [listed] = await fixture.perform(listTokens, {});
    const { token, ...rest } = made;
    expect(listed).toEqual(rest);
    expect(token).toStartWith(made.prefix);
    const kept = await fixture.database.sql`
      select t::text as row from api_tokens t union all select a::text from audit_events a`;
    expect(kept.map(({ row }) => row).join()).not.toContain(token);
    expect(JSON.stringify(fixture.log)).not.toContain(token);
    const [created] = (await fixture.recorded()).filter(({ resourceId }) => resourceId === made.id);
    expect(created).toMatchObject({ actor: "operator", operation: "token.create", outcome: "success" });
  });

  test("for longer than the setting allows is refused, and that is the most one gets unasked", async () => {
    expect(daysOf(await create({ expiresInDays: 365 }))).toBe(365);
    const refused = { name: "long", permissions: ["setting.read"], expiresInDays: 366 };
    expect(await fixture.refusal(createToken, refused)).toMatchObject({ code: "TOKEN_EXPIRY" });
    await fixture.perform(updateSetting, { key: "api_token_max_days", value: "10" });
    expect(daysOf(await create())).toBe(10);
    expect(await fixture.refusal(createToken, { ...refused, expiresInDays: 11 })).toMatchObject({
      code: "TOKEN_EXPIRY",
    });
    await fixture.perform(updateSetting, { key: "api_token_max_days", value: "365" });
  });

  test("with more than its owner holds is refused; a service one needs user.create", async () => {
    fixture.rights.give("reader", allBut("cluster.delete", "user.create"));
    for (const input of [
      { name: "more", permissions: ["cluster.read", "cluster.delete"] },
      { name: "more", permissions: ["cluster.read"], kind: "service" },
    ])
      expect(await fixture.refusal(createToken, input, "reader")).toMatchObject({ code: "FORBIDDEN" });
    expect(await create({ permissions: ["cluster.read"] }, "reader")).toMatchObject({ owner: "reader" });
  });

  test("under a name that a token has, or had, is refused", async () => {
    const { id } = await create({ name: "once" });
    const again = { name: "once", permissions: ["setting.read"] };
    expect(await fixture.refusal(createToken, again)).toMatchObject({ code: "NAME_TAKEN" });
    await fixture.perform(revokeToken, { id });
    expect(await fixture.refusal(createToken, again)).toMatchObject({ code: "NAME_TAKEN" });
  });

  test.each<[input: unknown, code: string]>([
    [{}, "NAME"],
    [{ name: "", permissions: ["setting.read"] }, "NAME"],
    [{ name: "Ci", permissions: ["setting.read"] }, "NAME"],
    [{ name: "-ci", permissions: ["setting.read"] }, "NAME"],
    [{ name: "c i", permissions: ["setting.read"] }, "NAME"],
    [{ name: "ci\n", permissions: ["setting.read"] }, "NAME"],
    [{ name: "x".repeat(64), permissions: ["setting.read"] }, "NAME"],
    [{ name: 7, permissions: ["setting.read"] }, "NAME"],
    [{ name: "bad" }, "INPUT_INVALID"],
    [{ name: "bad", permissions: [] }, "INPUT_INVALID"],
    [{ name: "bad", permissions: "setting.read" }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.*"] }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["toString"] }, "INPUT_INVALID"],
    [{ name: "bad", permissions: Array(101).fill("setting.read") }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], kind: "root" }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], owner: "ada" }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], expiresInDays: 0 }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], expiresInDays: 1.5 }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], expiresInDays: -1 }, "INPUT_INVALID"],
    [{ name: "bad", permissions: ["setting.read"], expiresInDays: "7" }, "INPUT_INVALID"],
  ])("of %j is refused, and none is made", async (input, code) => {
    expect(await fixture.refusal(createToken, input)).toMatchObject({ code });
    expect(await names({ ended: true })).not.toContain("bad");
  });
});

describe("listing and revoking", () => {
  test("one sees and revokes one's own; others with user.read and user.update", async () => {
    fixture.rights.give("ada", allBut("user.read", "user.update"));
    const own = await create({ name: "of-ada" }, "ada");
    const other = await create({ name: "of-bob" }, "bob");
    expect(await names({}, "ada")).toEqual(["of-ada"]);
    expect(await names({}, "bob")).toEqual(expect.arrayContaining(["of-ada", "of-bob"]));
    expect(await fixture.refusal(revokeToken, { id: other.id }, "ada")).toMatchObject({ code: "NOT_FOUND" });
    const { revokedAt } = await fixture.perform(revokeToken, { id: own.id }, "bob");
    expect(revokedAt).not.toBeNull();
    expect(await fixture.perform(revokeToken, { id: own.id }, "ada")).toMatchObject({ revokedAt });
    expect([await names({}, "ada"), await names({ ended: true }, "ada")]).toEqual([[], ["of-ada"]]);
  });

  test("a token that turned up is found by its beginning, or by all of it", async () => {
    const { token, prefix } = await create({ name: "leaked" });
    for (const begin of [token, prefix, token.slice(0, 8)]) expect(await names({ prefix: begin })).toEqual(["leaked"]);
    for (const none of ["%", "_", `x${prefix}`]) expect(await names({ prefix: none })).toEqual([]);
  });

  test("what nobody has is not found, and bad ids are refused", async () => {
    expect(await fixture.refusal(revokeToken, { id: crypto.randomUUID() })).toMatchObject({ code: "NOT_FOUND" });
    for (const input of [{}, { id: "x" }, { id: 7 }, { name: "ci" }])
      expect(await fixture.refusal(revokeToken, input)).toMatchObject({ code: "INPUT_INVALID" });
  });
});

describe("acting with one", () => {
  const acting = async (name: string) => (await fixture.perform(systemInfo, undefined, `token:${name}`)).actor;

  test("it does what it holds and no more", async () => {
    await create({ name: "reads", permissions: ["setting.read"] });
    expect(await acting("reads")).toBe("token:reads");
    await fixture.perform(listSettings, undefined, "token:reads");
    const change = { key: "theme", value: "dark" };
    expect(await fixture.refusal(updateSetting, change, "token:reads")).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.refusal(listClusters, undefined, "token:reads")).toMatchObject({ code: "FORBIDDEN" });
    const more = { name: "more", permissions: ["setting.read"] };
    expect(await fixture.refusal(createToken, more, "token:reads")).toMatchObject({ code: "FORBIDDEN" });
  });

  test("a personal one loses what its owner loses, a service one keeps it", async () => {
    for (const kind of ["personal", "service"] as const)
      await create({ name: `keeps-${kind}`, kind, permissions: ["setting.read"] }, "eve");
    fixture.rights.give("eve", allBut("setting.read", "system.read"));
    expect(await fixture.refusal(listSettings, undefined, "token:keeps-personal")).toMatchObject({ code: "FORBIDDEN" });
    await fixture.perform(listSettings, undefined, "token:keeps-service");
    await fixture.perform(systemInfo, undefined, "token:keeps-service");
  });

  test("the text leads to who acts until it expires or is revoked, and its use is noted to the hour", async () => {
    const { token, id, name } = await create({ name: "used" });
    expect(await fixture.api.actorOf(token)).toEqual({ id: "token:used" });
    expect(await fixture.api.actorOf(token)).toEqual({ id: "token:used" });
    const [used] = await fixture.perform(listTokens, { prefix: token });
    expect(used?.lastUsedAt).toMatch(/:00:00\.000Z$/);
    const { sql } = fixture.database;
    await sql`update api_tokens set expires_at = now() where id = ${id}`;
    const gone = { code: "UNAUTHENTICATED", message: "This token has expired." };
    expect(fixture.api.actorOf(token)).rejects.toMatchObject(gone);
    expect(await fixture.refusal(listSettings, undefined, `token:${name}`)).toMatchObject(gone);
    await fixture.perform(revokeToken, { id });
    expect(fixture.api.actorOf(token)).rejects.toMatchObject({ message: "This token was revoked." });
    expect(await fixture.refusal(systemInfo, undefined, "token:nobody")).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("what is left of the jobs of a revoked one fails", async () => {
    const { id } = await create({ name: "jobs", permissions: ["resource.reconcile"] });
    held.add("left-a");
    const { job } = await submitted(fixture, touchAgain, { names: ["left-a", "left-b", "left-c"] }, "token:jobs");
    await fixture.perform(revokeToken, { id });
    held.clear();
    const { sql } = fixture.database;
    await until("it has ended", async () => {
      const ended = await sql`select from jobs where id = ${job.id} and ended_at is not null`;
      return ended.length === 1;
    });
    const items =
      await sql`select code, state from job_items where job_id = ${job.id} and position > 0 order by position`;
    expect(items.at(-1)).toEqual({ code: "UNAUTHENTICATED", state: "failed" });
  });
});
