import { expect, test } from "bun:test";
import { PageGate } from "./page-gate.ts";

const { signal } = new AbortController();
/** Whatever could begin has begun. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** A page of a cluster: whether it was asked for, and how it goes on. */
function page(turns: ReturnType<PageGate["ofCluster"]>) {
  const [asked, arrival, end] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const state = { asked: false };
  const done = turns.run(async (arrived) => {
    state.asked = true;
    asked.resolve();
    await arrival.promise;
    arrived();
    await end.promise;
  }, signal);
  return { state, asked: asked.promise, arrive: () => arrival.resolve(), end: () => end.resolve(), done };
}

test("a page that is being stored keeps its place, and the next one waits for it", async () => {
  const gate = new PageGate(1, 60_000);
  const [first, second] = [page(gate.ofCluster()), page(gate.ofCluster())];
  await first.asked;
  first.arrive();
  await turn();
  expect(second.state.asked).toBe(false);
  first.end();
  await second.asked;
  second.arrive();
  second.end();
  await Promise.all([first.done, second.done]);
});

test("a cluster that does not answer keeps nobody waiting, and its page is taken when it comes after all", async () => {
  const gate = new PageGate(1, 1);
  const [silent, other] = [page(gate.ofCluster()), page(gate.ofCluster())];
  await silent.asked;
  await other.asked;
  other.arrive();
  other.end();
  await other.done;
  silent.arrive();
  silent.end();
  await silent.done;
});

test("two pages of one cluster at a time, whatever room there is", async () => {
  const turns = new PageGate(10, 60_000).ofCluster();
  const pages = [1, 2, 3].map(() => page(turns));
  await pages[1]!.asked;
  await turn();
  expect(pages.map(({ state }) => state.asked)).toEqual([true, true, false]);
  for (const one of pages) {
    one.arrive();
    one.end();
  }
  await Promise.all(pages.map(({ done }) => done));
});
