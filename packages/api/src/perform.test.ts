import { expect, test } from "bun:test";
import { DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { refusalOf, useApi } from "../test/api-fixture.ts";
import { allBut } from "../test/rights.ts";
import { insertCluster } from "../test/rows.ts";
import { listActivities } from "./activity/list.ts";
import { FLEET } from "./authorize.ts";
import type { OperationContext } from "./context.ts";
import { operation } from "./operation.ts";
import { perform } from "./perform.ts";

const fixture = useApi();

/** Writes a setting: something of our own that a test can look for. */
const write = (sql: OperationContext["sql"], key: string) =>
  sql`insert into settings (setting_key, value) values (${key}, 'written')`;
const written = async (key: string) =>
  (await fixture.database.sql`select from settings where setting_key = ${key}`).length > 0;

const subject = ({ key }: { key: string }) => ({
  resourceType: "setting",
  resourceId: key,
  resourceName: key,
  clusterId: "",
  clusterName: "",
});

/** An operation of this test, which writes a setting and then does what the test says. */
function writing(effect: "database" | "outside", then: (ctx: OperationContext) => Promise<void> = async () => {}) {
  return operation({
    name: "setting.tried",
    permission: "setting.update",
    scope: () => FLEET,
    effect,
    audit: { action: "try", subject },
    input: z.strictObject({ key: z.string().min(1) }),
    output: z.object({ key: z.string() }),
    async run(ctx, { key }) {
      await write(ctx.sql, key);
      ctx.note(`wrote ${key}`);
      await then(ctx);
      return { key };
    },
  });
}

let keys = 0;
const newKey = () => `key-${++keys}`;
const failed = async (promise: Promise<unknown>) => promise.then(() => undefined, refusalOf);

for (const effect of ["database", "outside"] as const) {
  test(`${effect}: what was done is recorded with its note, under the caller's request id and door`, async () => {
    const key = newKey();
    const call = fixture.call({ actor: "operator-a", through: "rest" });
    expect(await perform(writing(effect), call, { key })).toEqual({ key });
    expect(await fixture.recorded(call.caller.requestId)).toEqual([
      {
        actor: "operator-a",
        operation: "setting.tried",
        action: "try",
        resourceType: "setting",
        resourceId: key,
        clusterName: "",
        outcome: "success",
        message: `wrote ${key}`,
      },
    ]);
    const [row] = await fixture.database.sql`
      select through from audit_events where request_id = ${call.caller.requestId} and part = 'intent'`;
    expect(row?.through).toBe("rest");
    expect(await written(key)).toBe(true);
  });

  test(`${effect}: an invalid input runs nothing and asks for no right`, async () => {
    const call = fixture.call({ actor: "invalid" });
    expect(await failed(perform(writing(effect), call, { key: "" }))).toMatchObject({ code: "INPUT_INVALID" });
    expect(fixture.rights.asked.filter(({ actor }) => actor === "invalid")).toEqual([]);
    expect(await fixture.recorded(call.caller.requestId)).toEqual([]);
  });

  test(`${effect}: an actor without the permission does nothing, and the attempt is recorded as failed`, async () => {
    fixture.rights.give("guest", allBut("setting.update"));
    const key = newKey();
    const call = fixture.call({ actor: "guest" });
    expect(await failed(perform(writing(effect), call, { key }))).toEqual({
      code: "FORBIDDEN",
      message: "You may not do this: it needs the permission setting.update.",
      hint: "Ask whoever administers Flux Orchestrator for a role that has it.",
      issues: undefined,
    });
    expect(await written(key)).toBe(false);
    expect(await fixture.recorded(call.caller.requestId)).toMatchObject([{ actor: "guest", outcome: "failed" }]);
  });

  test(`${effect}: a failure is answered as it is, and recorded with its sentence`, async () => {
    const key = newKey();
    const call = fixture.call();
    const refused = writing(effect, async () => {
      throw new DomainError("CONFLICT", "Somebody was faster.", { hint: "Look again." });
    });
    expect(await failed(perform(refused, call, { key }))).toMatchObject({ code: "CONFLICT", hint: "Look again." });
    expect(await fixture.recorded(call.caller.requestId)).toMatchObject([
      { outcome: "failed", message: "Somebody was faster." },
    ]);
  });

  test(`${effect}: an unknown error is logged whole and answered with the request id alone`, async () => {
    const call = fixture.call();
    const broken = writing(effect, async () => {
      throw new Error("password=hunter2");
    });
    const answer = await failed(perform(broken, call, { key: newKey() }));
    expect(answer).toEqual({
      code: "INTERNAL",
      message: "Something went wrong here.",
      hint: `Look for request ${call.caller.requestId} in the server's log.`,
      issues: undefined,
    });
    const logged = fixture.log.filter(({ fields }) => fields["requestId"] === call.caller.requestId);
    expect(logged).toMatchObject([{ level: "error", fields: { operation: "setting.tried" } }]);
    expect(logged[0]!.fields["err"]).toMatchObject({ message: "password=hunter2" });
    expect(JSON.stringify(await fixture.recorded(call.caller.requestId))).not.toContain("hunter2");
  });
}

test("database: a change that fails halfway is rolled back, and only the failed attempt is kept", async () => {
  const key = newKey();
  const refused = writing("database", async () => {
    throw new DomainError("CONFLICT", "Too late.");
  });
  await failed(perform(refused, fixture.call(), { key }));
  expect(await written(key)).toBe(false);
});

test("database: intent, change and outcome become visible at one moment", async () => {
  const key = newKey();
  const call = fixture.call();
  let during: unknown;
  const looked = writing("database", async (ctx) => {
    during = [await written(key), await fixture.recorded(call.caller.requestId)];
    expect(ctx.intentId).toMatch(/^\d+$/);
  });
  await perform(looked, call, { key });
  expect(during).toEqual([false, []]);
  expect(await fixture.recorded(call.caller.requestId)).toMatchObject([{ outcome: "success" }]);
});

test("outside: the intent is committed before anything is touched", async () => {
  const call = fixture.call();
  let during: unknown;
  const looked = writing("outside", async () => {
    during = await fixture.recorded(call.caller.requestId);
  });
  await perform(looked, call, { key: newKey() });
  expect(during).toMatchObject([{ operation: "setting.tried", outcome: null }]);
});

test("outside: when nobody can say whether it happened, the outcome is unknown", async () => {
  for (const code of ["CLUSTER_TIMEOUT", "INTERNAL"] as const) {
    const call = fixture.call();
    const unsure = writing("outside", async () => {
      throw new DomainError(code, "No answer.");
    });
    await failed(perform(unsure, call, { key: newKey() }));
    expect(await fixture.recorded(call.caller.requestId)).toMatchObject([{ outcome: "unknown" }]);
  }
});

test("an intent whose process died runs for a minute and is unknown after that", async () => {
  const { sql } = fixture.database;
  const died = crypto.randomUUID();
  await sql`insert into audit_events ${sql({
    part: "intent",
    actor: "operator",
    operation: "resource.suspend",
    action: "suspend",
    resource_type: "Kustomization",
    resource_id: "apps/died",
    resource_name: died,
    through: "dashboard",
  })}`;
  const outcomeAt = async (atMs: number) => {
    const call = fixture.call();
    const later = { ...call, deps: { ...call.deps, now: () => atMs } };
    return (await perform(listActivities, later, { name: died })).activities.map(({ outcome }) => outcome);
  };
  expect(await outcomeAt(Date.now())).toEqual(["running"]);
  expect(await outcomeAt(Date.now() + 61_000)).toEqual(["unknown"]);
});

/** While this runs, nothing can be written to the audit log. */
async function withoutAudit(work: () => Promise<void>): Promise<void> {
  const { sql } = fixture.database;
  await sql`create function refuse_audit() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$`;
  await sql`create trigger refuse_audit before insert on audit_events for each row execute function refuse_audit()`;
  try {
    await work();
  } finally {
    await sql`drop trigger refuse_audit on audit_events`;
    await sql`drop function refuse_audit`;
  }
}

test("what cannot be recorded is not done, whoever asks", async () => {
  fixture.rights.give("guest", allBut("setting.update"));
  await withoutAudit(async () => {
    for (const effect of ["database", "outside"] as const)
      for (const actor of ["operator", "guest"]) {
        const key = newKey();
        expect(await failed(perform(writing(effect), fixture.call({ actor }), { key }))).toMatchObject({
          code: "AUDIT_UNAVAILABLE",
          message: "Nothing was done: the attempt could not be recorded in the audit log.",
        });
        expect(await written(key)).toBe(false);
      }
  });
  await fixture.perform(writing("database"), { key: newKey() });
});

test("database: when only the outcome cannot be recorded, the change is taken back", async () => {
  const { sql } = fixture.database;
  const key = newKey();
  await sql`create function refuse_success() returns trigger language plpgsql as $$
    begin if new.outcome = 'success' then raise 'disk full'; end if; return new; end $$`;
  await sql`create trigger refuse_success before insert on audit_events for each row execute function refuse_success()`;
  try {
    const call = fixture.call();
    expect(await failed(perform(writing("database"), call, { key }))).toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    expect(await fixture.recorded(call.caller.requestId)).toMatchObject([{ outcome: "failed" }]);
  } finally {
    await sql`drop trigger refuse_success on audit_events`;
  }
  expect(await written(key)).toBe(false);
});

test("an actor who may not know a cluster is told that there is none, as for one that does not exist", async () => {
  const hidden = await insertCluster(fixture.database);
  const shown = await insertCluster(fixture.database);
  fixture.rights.give("stranger", {
    allows: (permission, { clusterId }) => permission === "cluster.read" && clusterId === shown,
  });
  const touch = operation({
    name: "cluster.touch",
    permission: "cluster.update",
    scope: ({ cluster }, ctx) => ctx.clusterScope(cluster),
    effect: "read",
    input: z.object({ cluster: z.string() }),
    output: z.null(),
    run: async () => null,
  });
  const asked = (cluster: string) => fixture.refusal(touch, { cluster }, "stranger");
  const none = await asked(crypto.randomUUID());
  expect(none.code).toBe("CLUSTER_NOT_FOUND");
  expect(await asked(hidden)).toEqual(none);
  expect(await asked(shown)).toMatchObject({ code: "FORBIDDEN" });
});

test("a set of scopes needs the right for every one of them", async () => {
  const [one, other] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
  fixture.rights.give("half", {
    allows: (permission, { clusterId }) => permission === "cluster.read" || clusterId === one,
  });
  const both = operation({
    name: "cluster.both",
    permission: "cluster.update",
    scope: ({ clusters }) => clusters.map((clusterId) => ({ clusterId })),
    effect: "read",
    input: z.object({ clusters: z.array(z.string()) }),
    output: z.number(),
    run: async (_ctx, { clusters }) => clusters.length,
  });
  expect(await fixture.perform(both, { clusters: [one] }, "half")).toBe(1);
  expect(await fixture.refusal(both, { clusters: [one, other] }, "half")).toMatchObject({ code: "FORBIDDEN" });
});

test("what follows the commit is no part of the transaction, and its answer is the operation's", async () => {
  const key = newKey();
  const base = writing("database");
  const followed = { ...base, afterCommit: async () => ({ key: String(await written(key)) }) };
  expect(await fixture.perform(followed, { key })).toEqual({ key: "true" });
});

test("an operation that performs another goes through the whole pipeline with its own actor", async () => {
  fixture.rights.give("guest", allBut("setting.update"));
  const key = newKey();
  const outer = operation({
    name: "setting.many",
    permission: "setting.read",
    scope: () => FLEET,
    effect: "items",
    input: z.void(),
    output: z.object({ key: z.string() }),
    run: (ctx) => ctx.perform(writing("database"), { key }),
  });
  expect(await fixture.refusal(outer, undefined, "guest")).toMatchObject({ code: "FORBIDDEN" });
  expect(await written(key)).toBe(false);
});
