import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:net";
import { type ClientOptions, listen, openClient, type Sql } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "../processes/until.ts";
import { startPostgresFaultProxy } from "./postgres-fault-proxy.ts";

setDefaultTimeout(180_000);
/** Far more than an answer takes that does come. */
const SILENT_MS = 1_500;

describe("lost connections to Postgres", () => {
  const fixture = useDatabase();
  beforeAll(async () => {
    await fixture.database.sql`create table notes (note text primary key)`;
  });

  async function behind(options: Partial<ClientOptions> = {}) {
    const { target } = fixture.database;
    if (!("socketDir" in target)) throw new Error("the tests' server has a socket");
    const proxy = await startPostgresFaultProxy({ path: `${target.socketDir}/.s.PGSQL.5432` });
    const url = `postgres://${target.user}@127.0.0.1:${proxy.port}/${target.database}`;
    const sql = openClient({ url }, { max: 1, ...options });
    await sql`select 1`;
    return {
      ...{ proxy, sql, url },
      async [Symbol.asyncDispose]() {
        await sql.end({ timeout: 0 });
        await proxy.stop();
      },
    };
  }
  const ask = async (sql: Sql) => (await sql<{ one: number }[]>`select 1 as one`)[0]?.one;
  /** Until the server is at it. */
  const isUnderWay = (mark: string) =>
    until(`${mark} is under way`, async () => {
      const [row] = await fixture.database.sql`
        select from pg_stat_activity where state = 'active' and query like ${`%${mark}%`} and pid <> pg_backend_pid()`;
      return row !== undefined;
    });
  const noted = async () => (await fixture.database.sql<{ note: string }[]>`select note from notes`).map((r) => r.note);
  const fate = (asked: Promise<unknown>) =>
    asked.then(
      () => "answered",
      (error: { code?: string }) => error.code ?? "no code",
    );

  test("half-open: what was asked fails as silent, and the next is answered", async () => {
    await using there = await behind({ silentMs: SILENT_MS });
    await there.proxy.inject({ fault: "half-open" });
    const asked = [there.sql`select 1`, there.sql`select 2`].map((query) => fate(query.execute()));
    expect(await Promise.all(asked)).toEqual(["CONNECTION_SILENT", "CONNECTION_SILENT"]);
    expect(await ask(there.sql)).toBe(1);
  });

  test("half-open in a transaction: it fails, nothing of it is kept, and locks are not held for long", async () => {
    await using there = await behind({ silentMs: SILENT_MS });
    const writing = there.sql.begin(async (tx) => {
      await tx`insert into notes values ('half')`;
      await there.proxy.inject({ fault: "half-open" });
      await tx`select 1`;
    });
    expect(await fate(writing)).toMatch(/^CONNECTION_/);
    expect(await noted()).not.toContain("half");
    // The server ends the transaction it hears nothing of.
    await until("the same can be written", async () => {
      const writing = there.sql`insert into notes values ('half')`;
      return (await fate(writing)) === "answered";
    });
  });

  test("a long answer that comes bit by bit, and one that its reader takes bit by bit, are no silence", async () => {
    await using there = await behind({ statementMs: 60_000, silentMs: SILENT_MS });
    await there.proxy.inject({ fault: "bandwidth", bytesPerSecond: 100_000 });
    const beganMs = performance.now();
    const [row] = await there.sql<{ long: string }[]>`select repeat('x', 300000) as long`;
    expect(row!.long).toHaveLength(300_000);
    // It was a test of something.
    expect(performance.now() - beganMs).toBeGreaterThan(SILENT_MS);
    let rows = 0;
    for await (const some of there.sql`select * from generate_series(1, 30)`.cursor(10)) {
      rows += some.length;
      if (rows === 10) await fixture.database.sql`select pg_sleep(${(SILENT_MS * 2) / 1000})`;
    }
    expect(rows).toBe(30);
  });

  test("a statement may take as long as its client says, and is ended by the server before it is taken for silence", async () => {
    await using patient = await behind({ statementMs: 60_000 });
    await using usual = await behind();
    expect(await Promise.all([fate(patient.sql`select pg_sleep(6)`), fate(usual.sql`select pg_sleep(60)`)])).toEqual([
      "answered",
      "57014",
    ]);
  });

  test("a process too busy to hear the answer in time hears it", async () => {
    // Without the proxy, which would be as busy.
    const sql = openClient(fixture.database.target, { max: 1, silentMs: 200 });
    await ask(sql);
    for (let times = 0; times < 5; times++) {
      const asked = ask(sql);
      // It is sent in the next turn.
      await new Promise(setImmediate);
      Bun.sleepSync(300);
      expect(await asked).toBe(1);
    }
    await sql.end();
  });

  test("reset while idle: at most one query fails", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "reset" });
    expect(["ECONNRESET", "EPIPE", "CONNECTION_CLOSED", "answered"]).toContain(await fate(ask(there.sql)));
    expect(await ask(there.sql)).toBe(1);
  });

  test("reset in the middle of a query: it fails, those sent behind it too, and what is asked at that moment is answered", async () => {
    await using there = await behind();
    const asked = [there.sql`select pg_sleep(5), 'reset'`, there.sql`select 2`].map((query) => fate(query.execute()));
    const next = asked[0]!.then(() => ask(there.sql));
    await isUnderWay("'reset'");
    await there.proxy.inject({ fault: "reset" });
    expect(await Promise.all(asked)).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(await next).toBe(1);
  });

  test("reset in the middle of an answer: the next answers are whole", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "bandwidth", bytesPerSecond: 200_000 });
    const asked = fate(there.sql`select n, repeat('x', 1000) from generate_series(1, 3000) n`);
    await isUnderWay("3000");
    await there.proxy.inject({ fault: "reset" });
    expect(await asked).toBe("ECONNRESET");
    await there.proxy.heal();
    const rows = await there.sql<{ n: number }[]>`select n from generate_series(1, 5) n`;
    expect([...rows]).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
  });

  test("reset between two statements of a transaction: the second is never run, on no other connection either", async () => {
    await using there = await behind();
    const stale: unknown[] = [];
    const writing = there.sql.begin(async (tx) => {
      await tx`insert into notes values ('before')`;
      await there.proxy.inject({ fault: "reset" });
      await until("another connection is made", async () => (await ask(there.sql).catch(() => 0)) === 1);
      stale.push(await fate(tx`insert into notes values ('stale')`));
    });
    expect(await fate(writing)).toBe("CONNECTION_CLOSED");
    await until("the function went on", () => stale.length === 1);
    expect(stale).toEqual(["CONNECTION_CLOSED"]);
    expect(await ask(there.sql)).toBe(1);
    expect(await noted()).not.toContain("before");
    expect(await noted()).not.toContain("stale");
  });

  test("a reserved connection that was lost runs nothing more", async () => {
    await using there = await behind({ max: 2 });
    const reserved = await there.sql.reserve();
    await there.proxy.inject({ fault: "reset" });
    await until("it is lost", async () => (await fate(reserved`select 1`)) === "CONNECTION_CLOSED");
    reserved.release();
    await Promise.all([fate(ask(there.sql)), fate(ask(there.sql))]);
    expect(await Promise.all([ask(there.sql), ask(there.sql)])).toEqual([1, 1]);
  });

  test("resets at any moment: every query ends, and the pool is whole afterwards", async () => {
    await using there = await behind({ max: 3 });
    let isOver = false;
    const fates: string[] = [];
    const asker = async (text: string) => {
      while (!isOver) {
        fates.push(await fate(there.sql`select ${text}::text`));
        fates.push(await fate(there.sql.begin((tx) => Promise.all([tx`select 1`, tx`select ${text}::text`]))));
      }
    };
    const askers = ["a", "b".repeat(3_000), "c", "d", "e"].map(asker);
    for (let resets = 0; resets < 40; resets++) {
      const answered = () => fates.filter((one) => one === "answered").length;
      const before = answered();
      await until("it goes on", () => answered() > before + (resets % 7));
      await there.proxy.inject({ fault: "reset" });
    }
    isOver = true;
    await Promise.all(askers);
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(there.sql)))).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("no server: all who wait are told, and all are answered once it is back", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "refuse" });
    await there.proxy.inject({ fault: "reset" });
    const fates = await Promise.all(Array.from({ length: 30 }, () => fate(ask(there.sql))));
    expect(fates).not.toContain("answered");
    await there.proxy.heal();
    await until("it is back", async () => (await fate(ask(there.sql))) === "answered");
  });

  test("several hosts, none of which is there: the query fails", async () => {
    await using there = await behind();
    await there.proxy.inject({ fault: "refuse" });
    const { port } = there.proxy;
    const sql = openClient({ url: `postgres://flux@127.0.0.1:${port},127.0.0.1:${port}/flux` }, { max: 1 });
    expect(await fate(ask(sql))).toBe("ECONNREFUSED");
    await sql.end({ timeout: 0 });
  });

  test("a server that takes connections and closes them at once fails the query", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    const sql = openClient({ url: `postgres://flux@127.0.0.1:${port}/flux` }, { max: 1 });
    expect(await fate(ask(sql))).toBe("CONNECTION_CLOSED");
    await sql.end({ timeout: 0 });
    server.close();
  });

  test("LISTEN over a connection that fell silent, or was reset, hears again by itself", async () => {
    await using there = await behind();
    const heard: string[] = [];
    const unlisten = await listen({ url: there.url }, "news", {
      onNotified: (payload) => heard.push(payload),
      againMs: 200,
      silentMs: SILENT_MS,
    });
    for (const fault of ["half-open", "reset"] as const) {
      await there.proxy.inject({ fault });
      await until(`it hears again after ${fault}`, async () => {
        await fixture.database.sql.notify("news", fault);
        return heard.includes(fault);
      });
    }
    await unlisten();
  });
});
