import { expect, test } from "bun:test";
import { DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";
import { refusalOf, useApi } from "../test/api-fixture.ts";
import { allBut } from "../test/rights.ts";
import { FLEET } from "./authorize.ts";
import type { OperationContext } from "./context.ts";
import { openStream, RECHECK_MS } from "./open-stream.ts";
import { stream } from "./operation.ts";

const fixture = useApi();

/** A stream of this test: `run` says what it tells. */
const streamOf = (run: (ctx: OperationContext) => AsyncIterable<{ id: string; frame: string }>) =>
  stream({
    name: "thing.watch",
    permission: "resource.read",
    openMax: 2,
    scope: () => FLEET,
    input: z.object({ name: z.string() }),
    output: z.string(),
    run,
  });
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Reads to the end. */
async function read(frames: AsyncIterable<{ frame: string }>) {
  const told: string[] = [];
  try {
    for await (const { frame } of frames) told.push(frame);
    return { told, error: null };
  } catch (error) {
    return { told, error: refusalOf(error) };
  }
}
const INPUT = { name: "a" };

test("a stream tells its frames with their cursors, and ends", async () => {
  async function* two() {
    yield { id: "1", frame: "one" };
    yield { id: "2", frame: "two" };
  }
  const told: unknown[] = [];
  for await (const item of openStream(streamOf(two), fixture.call(), INPUT)) told.push(item);
  expect(told).toEqual([
    { id: "1", frame: "one" },
    { id: "2", frame: "two" },
  ]);
});

test("an invalid input, and an actor without the permission, never start it", async () => {
  fixture.rights.give("guest", allBut("resource.read"));
  let started = 0;
  async function* counted() {
    started++;
    yield { id: "1", frame: "secret" };
  }
  const declared = streamOf(counted);
  expect(await read(openStream(declared, fixture.call(), {}))).toMatchObject({ error: { code: "INPUT_INVALID" } });
  expect(await read(openStream(declared, fixture.call({ actor: "guest" }), INPUT))).toMatchObject({
    told: [],
    error: { code: "FORBIDDEN" },
  });
  expect(started).toBe(0);
});

test("rights are asked for again often enough to end a stream within 5 seconds", () => {
  expect(RECHECK_MS).toBeLessThan(5_000);
});

test("a quiet stream ends after the right is taken away, and the error is the last thing it says", async () => {
  async function* quiet(ctx: OperationContext) {
    yield { id: "1", frame: "open" };
    await aborted(ctx.signal);
  }
  const frames = openStream(streamOf(quiet), fixture.call({ actor: "dismissed" }), INPUT);
  expect((await frames.next()).value).toMatchObject({ frame: "open" });
  fixture.rights.give("dismissed", allBut("resource.read"));
  expect(await read(frames)).toMatchObject({ told: [], error: { code: "FORBIDDEN" } });
});

test("a busy stream ends as soon, and tells nothing after it", async () => {
  async function* busy() {
    for (let number = 0; ; number++) {
      await new Promise((resolve) => setImmediate(resolve));
      yield { id: String(number), frame: "x" };
    }
  }
  const frames = openStream(streamOf(busy), fixture.call({ actor: "noisy" }), INPUT);
  await frames.next();
  fixture.rights.give("noisy", allBut("resource.read"));
  expect((await read(frames)).error).toMatchObject({ code: "FORBIDDEN" });
});

test("a failure in the middle comes after what was told, known or not", async () => {
  const failing = (error: Error) =>
    streamOf(async function* () {
      yield { id: "1", frame: "one" };
      throw error;
    });
  const known = new DomainError("CLUSTER_UNREACHABLE", "Gone.");
  expect(await read(openStream(failing(known), fixture.call(), INPUT))).toMatchObject({
    told: ["one"],
    error: { code: "CLUSTER_UNREACHABLE", message: "Gone." },
  });
  const call = fixture.call();
  expect(await read(openStream(failing(new Error("password=hunter2")), call, INPUT))).toEqual({
    told: ["one"],
    error: {
      code: "INTERNAL",
      message: "Something went wrong here.",
      hint: `Look for request ${call.caller.requestId} in the server's log.`,
      issues: undefined,
    },
  });
});

test("a caller that hangs up, or stops reading, ends the run", async () => {
  let ended = false;
  async function* endless(ctx: OperationContext) {
    try {
      yield { id: "1", frame: "open" };
      await aborted(ctx.signal);
    } finally {
      ended = true;
    }
  }
  const hangUp = new AbortController();
  const frames = openStream(streamOf(endless), fixture.call({ actor: "leaver", signal: hangUp.signal }), INPUT);
  await frames.next();
  hangUp.abort();
  expect(await read(frames)).toEqual({ told: [], error: null });
  expect(ended).toBe(true);

  const left = openStream(streamOf(endless), fixture.call({ actor: "leaver" }), INPUT);
  await left.next();
  ended = false;
  await left.return(undefined);
  expect(ended).toBe(true);
});

test("more than can be borne are refused, with when to come back; whoever leaves makes room", async () => {
  async function* open(ctx: OperationContext) {
    yield { id: "1", frame: "open" };
    await aborted(ctx.signal);
  }
  const streams = [1, 2, 3].map(() => openStream(streamOf(open), fixture.call(), INPUT));
  const [first, second, third] = streams;
  expect([await first!.next(), await second!.next()].map(({ done }) => done)).toEqual([false, false]);
  await expect(third!.next()).rejects.toMatchObject({ code: "TOO_MANY_STREAMS", retryAfterMs: 5_000 });
  await first!.return(undefined);
  const fourth = openStream(streamOf(open), fixture.call(), INPUT);
  expect((await fourth.next()).done).toBe(false);
  await Promise.all([second!.return(undefined), fourth.return(undefined)]);
});
