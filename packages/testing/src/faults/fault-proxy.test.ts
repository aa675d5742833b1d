import { expect, test } from "bun:test";
import { until } from "../processes/until.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { type Peer, peerOf, startEcho } from "./test-peers.ts";

async function fixture() {
  const echo = await startEcho();
  const proxy = await startFaultProxy({ to: { port: echo.port } });
  const stack = new AsyncDisposableStack();
  stack.use(echo);
  stack.use(proxy);
  return {
    echo,
    proxy,
    /** A client whose connection is served. */
    async talking(): Promise<Peer> {
      const peer = stack.use(peerOf(proxy.port));
      peer.says("a");
      await peer.hears("a");
      return peer;
    },
    connected: () => stack.use(peerOf(proxy.port)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("without a fault it hands everything on, however much, and both ends", async () => {
  await using there = await fixture();
  const { echo, proxy, talking } = there;
  const peer = await talking();
  const much = "0123456789".repeat(300_000);
  peer.says(much);
  await peer.hears(`a${much}`);
  peer.socket.end();
  expect(await peer.isOver()).toBe("end");
  await until("the connection is forgotten", () => proxy.open === 0);
  expect([echo.ended, echo.failed, proxy.accepted]).toEqual([1, 0, 1]);
});

test("latency: everything arrives later, in order", async () => {
  await using there = await fixture();
  const { proxy, talking } = there;
  const peer = await talking();
  await proxy.inject({ fault: "latency", ms: 60 });
  const beganMs = performance.now();
  for (const letter of "bcd") peer.says(letter);
  await peer.hears("abcd");
  // There and back.
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(119);
});

test("bandwidth: so many bytes in a second go through, and the sender is held back", async () => {
  await using there = await fixture();
  const { echo, proxy, talking } = there;
  const peer = await talking();
  await proxy.inject({ fault: "bandwidth", bytesPerSecond: 10_000 });
  const beganMs = performance.now();
  peer.says("b".repeat(2_000));
  await until("it came", () => echo.received.length === 2_001);
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(180);
  peer.says("c".repeat(16_000_000));
  await until("the sender cannot go on", () => peer.socket.writableNeedDrain);
  await proxy.heal();
  await until("the rest came", () => peer.text.length === 16_002_001);
});

test("black hole: what is sent is taken and lost; heal resets what lost something and nothing else", async () => {
  await using there = await fixture();
  const { echo, proxy, talking, connected } = there;
  const [idle, old] = [await talking(), await talking()];
  await proxy.inject({ fault: "black hole" });
  const fresh = connected();
  for (const peer of [old, fresh]) peer.says("lost");
  await until("everything was taken", () => proxy.swallowed === 8);
  await proxy.heal();
  expect([await old.isOver(), await fresh.isOver()]).toEqual(["ECONNRESET", "ECONNRESET"]);
  expect(echo.received).toBe("aa");
  idle.says("b");
  await idle.hears("ab");
});

test("stall: nothing moves, then everything goes on where it was", async () => {
  await using there = await fixture();
  const { echo, proxy, talking, connected } = there;
  const old = await talking();
  await proxy.inject({ fault: "stall" });
  const fresh = connected();
  old.says("b");
  fresh.says("c");
  await until("it was accepted", () => proxy.accepted === 2);
  expect([old.text, fresh.text, echo.received]).toEqual(["a", "", "a"]);
  await proxy.heal();
  await old.hears("ab");
  await fresh.hears("c");
});

test("half-open: open connections are silent for ever, new ones are served", async () => {
  await using there = await fixture();
  const { echo, proxy, talking } = there;
  const old = await talking();
  await proxy.inject({ fault: "half-open" });
  old.says("lost");
  await talking();
  await proxy.heal();
  await talking();
  expect([old.text, old.over, echo.received, proxy.open]).toEqual(["a", undefined, "aaa", 3]);
  expect([echo.ended, echo.failed]).toEqual([0, 0]);
});

test("reset: both sides of every open connection are broken off", async () => {
  await using there = await fixture();
  const { echo, proxy, talking } = there;
  const old = await talking();
  await proxy.inject({ fault: "reset" });
  expect(await old.isOver()).toBe("ECONNRESET");
  await until("the server knows", () => echo.failed === 1);
  expect(proxy.open).toBe(0);
  await talking();
});

test("a reset of one side is a reset for the other", async () => {
  await using there = await fixture();
  const { echo, talking } = there;
  (await talking()).socket.resetAndDestroy();
  await until("the server knows", () => echo.failed === 1);
});

test("cut: every connection is closed after so many bytes of what it was told", async () => {
  await using there = await fixture();
  const { proxy, talking, connected } = there;
  const old = await talking();
  await proxy.inject({ fault: "cut", afterBytes: 3 });
  const fresh = connected();
  for (const peer of [old, fresh]) peer.says("bcdef");
  expect([await old.isOver(), await fresh.isOver()]).toEqual(["end", "end"]);
  expect([old.text, fresh.text]).toEqual(["abcd", "bcd"]);
  await proxy.heal();
  const next = await talking();
  next.says("bcdef");
  await next.hears("abcdef");
});

test("refuse: nobody comes in any more, and open connections go on", async () => {
  await using there = await fixture();
  const { proxy, talking, connected } = there;
  const old = await talking();
  const { port } = proxy;
  await proxy.inject({ fault: "refuse" });
  expect(await connected().isOver()).toBe("ECONNREFUSED");
  old.says("b");
  await old.hears("ab");
  await proxy.heal();
  expect(proxy.port).toBe(port);
  await talking();
});
