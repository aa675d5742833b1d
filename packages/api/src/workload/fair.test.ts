import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fairShares } from "./fair-share.ts";
import { compareTimes } from "./log-cursor.ts";
import { inTurn, runFairly } from "./run-fairly.ts";

test("shares are never more than wanted or there is, and who wants more gets no less", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 20 }), fc.nat(5000), (wanted, available) => {
      const shares = fairShares(wanted, available);
      const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
      expect(sum(shares)).toBeLessThanOrEqual(available);
      if (sum(wanted) <= available) expect(shares).toEqual(wanted);
      for (const [one, share] of shares.entries()) {
        expect(share).toBeLessThanOrEqual(wanted[one]!);
        for (const [other, less] of shares.entries())
          if (wanted[one]! > wanted[other]!) expect(share).toBeGreaterThanOrEqual(less);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});

describe("work of many", () => {
  test("is all done, so much at once and so much of one, and who hangs holds up only their own", async () => {
    const done: string[] = [];
    let running = 0;
    let most = 0;
    const hang = Promise.withResolvers<void>();
    const task = (owner: string, wait?: Promise<void>) => ({
      owner,
      async run() {
        most = Math.max(most, ++running);
        await wait;
        running--;
        done.push(owner);
        if (done.filter((one) => one === "b").length === 9) hang.resolve();
      },
    });
    const slow = Array.from({ length: 5 }, () => task("a", hang.promise));
    const quick = Array.from({ length: 9 }, () => task("b"));
    await runFairly(inTurn([slow, quick]), { atOnce: 4, perOwner: 2 });
    expect(most).toBeLessThanOrEqual(4);
    expect(done).toHaveLength(14);
    expect(done.slice(0, 9)).toEqual(Array(9).fill("b"));
  });

  test("goes in turn", () => {
    expect(inTurn([["a1", "a2", "a3"], [], ["c1", "c2"]])).toEqual(["a1", "c1", "a2", "c2", "a3"]);
  });
});

test.each([
  ["2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000000Z", 0],
  ["2026-01-02T03:04:05.100000001Z", "2026-01-02T03:04:05.1Z", 1],
  ["2026-01-02T03:04:05Z", "2026-01-02T05:04:05.000000000+02:00", 0],
  ["2026-01-02T03:04:05.9Z", "2026-01-02T03:04:06Z", -1],
])("%s against %s is %d", (one, other, order) => {
  expect(Math.sign(compareTimes(one, other))).toBe(order);
});
