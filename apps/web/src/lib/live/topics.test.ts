import { describe, expect, test } from "bun:test";
import type { Topic } from "@flux-orchestrator/contract";
import fc from "fast-check";
import { mergeTopics, olderCursor, topicKey } from "./topics.ts";

const query = (namespace: string): Topic => ({ topic: "query", filter: { namespace: [namespace] } });

describe("topics", () => {
  test("equal questions have one key, however they were put together", () => {
    expect(topicKey({ topic: "query", filter: { kind: ["Bucket"], text: "a" } })).toBe(
      topicKey({ filter: { text: "a", kind: ["Bucket"] }, topic: "query" }),
    );
    expect(topicKey(query("a"))).not.toBe(topicKey(query("b")));
  });
  test("what several tabs want is asked for once", () => {
    expect(mergeTopics([{ topic: "summary" }, query("a"), { topic: "summary" }, query("a")])).toEqual([
      { topic: "summary" },
      query("a"),
    ]);
  });
  test("more than a connection carries becomes one question about everything", () => {
    const merged = mergeTopics([{ topic: "summary" }, ...Array.from({ length: 30 }, (_, at) => query(`ns-${at}`))]);
    expect(merged).toEqual([{ topic: "query", filter: {} }, { topic: "summary" }]);
  });
});

describe("the older of two cursors", () => {
  test("numbers are compared as numbers, however long", () => {
    expect(olderCursor("e.9", "e.10")).toBe("e.9");
    expect(olderCursor("e.18446744073709551616", "e.18446744073709551615")).toBe("e.18446744073709551615");
  });
  test("one that is not there is no cursor", () => {
    expect(olderCursor(null, "e.1")).toBe("e.1");
    expect(olderCursor("e.1", null)).toBe("e.1");
    expect(olderCursor(null, null)).toBeNull();
  });
  test("cursors of different epochs cannot be compared: the first stays", () => {
    expect(olderCursor("a.5", "b.1")).toBe("a.5");
    expect(olderCursor("a.x", "a.1")).toBe("a.x");
  });
  test("within an epoch the order of asking does not matter", () => {
    const cursor = fc.bigInt({ min: 0n, max: 1n << 80n }).map((number) => `epoch.1.${number}`);
    fc.assert(
      fc.property(cursor, cursor, (a, b) => expect(olderCursor(a, b)).toBe(olderCursor(b, a) as string)),
      { seed: 20260917 },
    );
  });
});
