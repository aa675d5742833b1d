import { afterAll, beforeAll, expect, test } from "bun:test";
import { createConnection, createServer, type Server } from "node:net";
import { connect } from "@flux-orchestrator/db";
import { freePorts } from "@flux-orchestrator/testing";
import { useApi } from "../../test/api-fixture.ts";
import { untilEnded } from "../../test/submitted.ts";
import { createTouches, TOUCH_JOBS, touchAgain } from "../../test/touch-jobs.ts";
import { createJobQueue } from "./create-job-queue.ts";
import { submit } from "./submit.ts";

const fixture = useApi({ jobs: TOUCH_JOBS });
let bridge: Server;
let url: string;
beforeAll(async () => {
  await createTouches(fixture.database);
  const { target } = fixture.database;
  if (!("socketDir" in target)) throw new Error("the embedded server listens on a socket");
  // The embedded server has no port: connections are handed on to its socket.
  bridge = createServer((client) => {
    const server = createConnection(`${target.socketDir}/.s.PGSQL.5432`);
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  });
  const [port] = await freePorts(1);
  await new Promise<void>((listening) => bridge.listen(port, "127.0.0.1", listening));
  url = `postgres://${target.user}@127.0.0.1:${port}/${target.database}`;
});
afterAll(() => void bridge.close());

test("jobs are enqueued and run over a postgres:// URL as over the embedded server's socket", async () => {
  const database = connect({ url });
  const call = fixture.call();
  const { log } = call.deps;
  const jobs = createJobQueue({ database, log, declared: TOUCH_JOBS, contextOf: (caller) => ({ ...call, caller }) });
  try {
    const job = await submit(
      touchAgain,
      { ...call, jobs, deps: { ...call.deps, database } },
      { names: ["tcp-1", "tcp-2"] },
    );
    expect((await untilEnded(fixture, job.id)).counts.succeeded).toBe(2);
  } finally {
    await jobs.stop();
    await database.close();
  }
});
