import { beforeAll, describe, expect, test } from "bun:test";
import { openClient, type Sql } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "../processes/until.ts";
import { type PostgresFaultProxy, startPostgresFaultProxy } from "./postgres-fault-proxy.ts";

describe("a Postgres behind faults", () => {
  const fixture = useDatabase();
  beforeAll(async () => {
    await fixture.database.sql`create table notes (note text primary key)`;
  });

  async function behind(): Promise<{ proxy: PostgresFaultProxy; sql: Sql } & AsyncDisposable> {
    const { target } = fixture.database;
    if (!("socketDir" in target)) throw new Error("the tests' server has a socket");
    const proxy = await startPostgresFaultProxy({ path: `${target.socketDir}/.s.PGSQL.5432` });
    const url = `postgres://${target.user}@127.0.0.1:${proxy.port}/${target.database}`;
    const sql = openClient({ url }, { max: 1 });
    return {
      proxy,
      sql,
      async [Symbol.asyncDispose]() {
        await sql.end({ timeout: 0 });
        await proxy.stop();
      },
    };
  }
  const note = (sql: Sql, text: string) => sql.begin((tx) => tx`insert into notes values (${text})`);
  const noted = async (text: string) =>
    (await fixture.database.sql`select from notes where note = ${text}`).length === 1;

  test("nothing is different without a fault", async () => {
    await using there = await behind();
    await note(there.sql, "plain");
    expect(await noted("plain")).toBe(true);
    const long = "x".repeat(3_000_000);
    expect((await there.sql<{ long: string }[]>`select ${long}::text as long`)[0]!.long).toBe(long);
  });

  test("a lost commit did not happen, and the program is told of a lost connection", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "lose commit", times: 1 });
    await expect(note(there.sql, "lost")).rejects.toThrow(/CONNECTION|ECONNRESET|closed/i);
    expect([await noted("lost"), there.proxy.lostCommits]).toEqual([false, 1]);
    await note(there.sql, "next");
    expect(await noted("next")).toBe(true);
  });

  test("a commit whose answer is lost did happen, and the program is told of a lost connection", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "lose commit answer", times: 1 });
    await expect(note(there.sql, "doubtful")).rejects.toThrow(/CONNECTION|ECONNRESET|closed/i);
    expect([await noted("doubtful"), there.proxy.lostAnswers]).toEqual([true, 1]);
    await note(there.sql, "certain");
    expect(await noted("certain")).toBe(true);
  });

  test("a transaction that fails before its commit is told as it is", async () => {
    await using there = await behind();
    await note(there.sql, "taken");
    await there.proxy.inject({ fault: "lose commit answer", times: 1 });
    await expect(note(there.sql, "taken")).rejects.toMatchObject({ code: "23505" });
    expect(there.proxy.lostAnswers).toBe(0);
    await there.proxy.heal();
    await note(there.sql, "after");
    expect([await noted("after"), there.proxy.lostAnswers]).toEqual([true, 0]);
  });

  test("stalled, it answers once it is healed; cut off and refused, it is back at the same port", async () => {
    await using there = await behind();
    await there.sql`select 1`;
    await there.proxy.inject({ fault: "stall" });
    const asked = note(there.sql, "late");
    await until("a connection is open", () => there.proxy.open === 1);
    expect(Bun.peek.status(asked)).toBe("pending");
    await there.proxy.heal();
    await asked;
    await there.proxy.inject({ fault: "refuse" });
    await there.proxy.inject({ fault: "reset" });
    await expect(note(there.sql, "refused")).rejects.toThrow();
    await there.proxy.heal();
    await until("it is back", async () => {
      await note(there.sql, "back");
      return true;
    });
    expect([await noted("late"), await noted("refused"), await noted("back")]).toEqual([true, false, true]);
  });
});
