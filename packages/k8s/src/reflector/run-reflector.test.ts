import { describe, expect, test } from "bun:test";
import type { Answer } from "@flux-orchestrator/testing";
import {
  bookmark,
  breakOff,
  errorEvent,
  line,
  list,
  object,
  PROTOCOLS,
  page,
  play,
  status,
  stream,
} from "../../test/scripted-reflector.ts";

const hangUp: Answer = (_, reply) => reply.destroy();
const breakOffInside: Answer = (_, reply) => {
  reply.socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
  reply.destroy();
};
const json =
  (document: object): Answer =>
  (_, reply) =>
    reply.send(200, document);
const nested = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
const tooLarge = { ...object("a", 11), spec: { padding: "x".repeat(4 * 1024 * 1024) } };
const tooDeep = { ...object("a", 11), spec: { nested: nested(5_000) } };
const a11 = line("ADDED", object("a", 11));
const LISTED = ["listing", "list", "page a", "listed @10"];

/** While it has no version: what answers the list → what the sink is told before the next list, and the wait. */
const LISTING: readonly (readonly [what: string, answer: Answer, told: string[], waitMs: number])[] = [
  ["500", status(500), ["broken CLUSTER_ERROR"], 250],
  ["503 that names a time", status(503, { "retry-after": "2" }), ["broken CLUSTER_ERROR"], 2_000],
  ["429 without a time", status(429), ["broken CLUSTER_THROTTLED"], 1_000],
  ["429 with Retry-After", status(429, { "retry-after": "7" }), ["broken CLUSTER_THROTTLED"], 7_000],
  ["429 that asks for a day", status(429, { "retry-after": "86400" }), ["broken CLUSTER_THROTTLED"], 120_000],
  ["401", status(401), ["broken CLUSTER_AUTH"], 250],
  ["403", status(403), ["forbidden CLUSTER_FORBIDDEN"], 15_000],
  ["404", status(404), ["absent OBJECT_NOT_FOUND"], 15_000],
  ["410", status(410), [], 250],
  ["a redirect", status(302), ["broken CLUSTER_REDIRECT"], 250],
  ["garbage", (_, reply) => reply.send(200, "<html>"), ["broken NOT_KUBERNETES"], 250],
  ["JSON that is no list", (_, reply) => reply.send(200, { kind: "APIGroupList" }), ["broken NOT_KUBERNETES"], 250],
  ["a list without items", json({ metadata: { resourceVersion: "9" }, items: null }), ["broken NOT_KUBERNETES"], 250],
  [
    "a list whose items are none",
    json({ metadata: { resourceVersion: "9" }, items: {} }),
    ["broken NOT_KUBERNETES"],
    250,
  ],
  ["a list without metadata", json({ metadata: null, items: [] }), ["broken NOT_KUBERNETES"], 250],
  ["a list without a version", json({ metadata: { resourceVersion: "" }, items: [] }), ["broken NOT_KUBERNETES"], 250],
  ["half an answer", breakOffInside, ["broken CLUSTER_UNREACHABLE"], 250],
];

describe("a reflector that lists", () => {
  test.each(LISTING)("lists anew from the first page after %s", async (_, answer, told, waitMs) => {
    const played = await play({ lists: [answer, list(10, object("a", 3))] });
    expect(played.told).toEqual(["listing", "list", ...told, ...LISTED]);
    expect(played.waits).toEqual([waitMs]);
    expect(played.watched).toEqual(["10"]);
  });

  test.each(LISTING)(
    "lists anew from the first page when the second page answers %s",
    async (_, answer, told, waitMs) => {
      const played = await play({ lists: [page(9, "next", object("old", 2)), answer, list(10, object("a", 3))] });
      expect(played.told).toEqual(["listing", "list", "page old", ...told, ...LISTED]);
      expect(played.listed).toEqual(["", "next", ""]);
      expect(played.waits).toEqual([waitMs]);
    },
  );

  test("hands page after page over and watches from the version of the list", async () => {
    const lists = [page(10, "one", object("a", 3)), page(10, "two", object("b", 4)), list(10, object("c", 5))];
    const played = await play({ lists });
    expect(played.told).toEqual(["listing", "list", "page a", "page b", "page c", "listed @10"]);
    expect(played.listed).toEqual(["", "one", "two"]);
    expect(played.waits).toEqual([]);
  });

  test("leaves out what cannot be read, counts it and goes on", async () => {
    const items = [
      object("a", 3),
      null,
      { metadata: {} },
      { ...object("b", 4), metadata: { name: "b" } },
      { ...object("c", 5), kind: "Secret" },
      { ...tooDeep, metadata: object("d", 6).metadata },
      { ...tooLarge, metadata: object("e", 7).metadata },
    ];
    const played = await play({ lists: [list(10, ...items)] });
    expect(played.told).toEqual([
      "listing",
      "list",
      "unreadable NO_OBJECT -",
      "unreadable INCOMPLETE -",
      "unreadable INCOMPLETE b",
      "unreadable OTHER_KIND c",
      "unreadable TOO_DEEP d",
      "unreadable TOO_LARGE e",
      "page a",
      "listed @10",
    ]);
  });

  test("gives a list up that comes back to a page it had", async () => {
    const played = await play({ lists: [page(9, "one"), page(9, "two"), page(9, "one"), list(10, object("a", 3))] });
    expect(played.told).toEqual(["listing", "list", "page ", "page ", "page ", "broken CLUSTER_ERROR", ...LISTED]);
    expect(played.listed).toEqual(["", "one", "two", ""]);
  });

  test("takes kind and version from the collection where an old API server leaves them out of items", async () => {
    const { metadata } = object("a", 3);
    const played = await play({ lists: [list(10, { metadata })] });
    expect(played.told).toEqual(LISTED);
  });
});

const TOO_OLD = line("ERROR", { kind: "Status", code: 500, message: "too old resource version: 10 (12)" });
/** What is told of a frame that cannot be read. */
const LOST = ["live", "unreadable NO_JSON -", "broken CLUSTER_ERROR"];

/** While it watches from version 10: the watch → what the sink is told, the wait, and where it goes on; null: with a list. */
const WATCHING: readonly (readonly [
  what: string,
  watch: Answer,
  told: string[],
  waitMs: number,
  next: string | null,
])[] = [
  ["is answered 500", status(500), ["broken CLUSTER_ERROR"], 250, "10"],
  [
    "is answered 429 while storage initialises",
    status(429, {}, { details: { retryAfterSeconds: 1 } }),
    ["broken CLUSTER_THROTTLED"],
    1_000,
    "10",
  ],
  ["is answered 429 with Retry-After", status(429, { "retry-after": "7" }), ["broken CLUSTER_THROTTLED"], 7_000, "10"],
  ["is answered 401", status(401), ["broken CLUSTER_AUTH"], 250, "10"],
  ["is answered 403", status(403), ["forbidden CLUSTER_FORBIDDEN"], 15_000, "10"],
  ["is answered 404", status(404), ["absent OBJECT_NOT_FOUND"], 15_000, "10"],
  ["is answered 410", status(410), [], 250, null],
  [
    "is answered by an old API server that the version is gone",
    status(500, {}, { message: "too old resource version: 10 (12)" }),
    [],
    250,
    null,
  ],
  [
    "is answered that etcd has compacted the version away",
    status(500, {}, { message: "etcdserver: mvcc: required revision has been compacted" }),
    [],
    250,
    null,
  ],
  [
    "is answered by an API server that lags behind the version",
    status(
      504,
      {},
      {
        reason: "Timeout",
        message: "Too large resource version: 10, current: 3",
        details: { retryAfterSeconds: 1, causes: [{ reason: "ResourceVersionTooLarge" }] },
      },
    ),
    ["broken CLUSTER_TIMEOUT"],
    1_000,
    "10",
  ],
  ["breaks off before an answer", hangUp, ["broken CLUSTER_UNREACHABLE"], 250, "10"],
  ["ends without an event", stream([]), ["live"], 250, "10"],
  ["breaks off without an event", stream([], breakOff), ["live", "broken CLUSTER_UNREACHABLE"], 250, "10"],
  ["ends after an event", stream([a11]), ["live", "ADDED a @11"], 250, "11"],
  ["ends after a bookmark", stream([bookmark(19)]), ["live", "bookmark @19"], 250, "19"],
  [
    "ends after events of every type",
    stream([a11 + line("MODIFIED", object("a", 12)) + line("DELETED", object("a", 13))]),
    ["live", "ADDED a @11", "MODIFIED a @12", "DELETED a @13"],
    250,
    "13",
  ],
  ["says that the version is gone", stream([errorEvent(410, "Expired")]), ["live"], 250, null],
  ["says that the version is gone, by its reason alone", stream([errorEvent(500, "Expired")]), ["live"], 250, null],
  [
    "says that something went wrong",
    stream([errorEvent(500, "InternalError")]),
    ["live", "broken CLUSTER_ERROR"],
    250,
    "10",
  ],
  [
    "says that something went wrong, in no readable way",
    stream([line("ERROR", null)]),
    ["live", "broken CLUSTER_ERROR"],
    250,
    "10",
  ],
  ["says by text alone that the version is gone", stream([TOO_OLD]), ["live"], 250, null],
  [
    "says that it lags behind the version",
    stream([errorEvent(504, "Timeout")]),
    ["live", "broken CLUSTER_TIMEOUT"],
    250,
    "10",
  ],
  ["says that there is too much to do", stream([errorEvent(429)]), ["live", "broken CLUSTER_THROTTLED"], 1_000, "10"],
  ["sends garbage", stream(["garbage\n"]), LOST, 250, null],
  [
    "sends garbage behind an event",
    stream([`${a11}garbage\n`]),
    ["live", "ADDED a @11", "unreadable NO_JSON -", "broken CLUSTER_ERROR"],
    250,
    null,
  ],
  ["sends two events on a line", stream([`${a11.trim()}${a11}`]), LOST, 250, null],
  ["sends a raw NUL in a text", stream([a11.replace("apps", "ap\0ps")]), LOST, 250, null],
  ["sends half a character", stream([a11.replace('"a"', '"a\\ud800"')]), ["live", "ADDED a\ud800 @11"], 250, "11"],
  [
    "sends a name twice",
    stream([a11.replace('"name":"a"', '"name":"b","name":"a"')]),
    ["live", "ADDED a @11"],
    250,
    "11",
  ],
  ["sends an object of 5,000 levels", stream([line("ADDED", tooDeep)]), ["live", "unreadable TOO_DEEP a"], 250, "10"],
  ["ends in the middle of an event", stream([a11.slice(0, 40)]), ["live", "broken CLUSTER_UNREACHABLE"], 250, "10"],
  [
    "ends in the middle of a second event",
    stream([a11, a11.slice(0, 40)]),
    ["live", "ADDED a @11", "broken CLUSTER_UNREACHABLE"],
    250,
    "11",
  ],
  [
    "sends an event of more than 4 MiB, and another behind it",
    stream([line("ADDED", tooLarge), line("ADDED", object("b", 12))]),
    ["live", "unreadable TOO_LARGE -", "ADDED b @12"],
    250,
    "12",
  ],
  [
    "sends an event without an end",
    stream(Array.from({ length: 65 }, () => "x".repeat(1024 * 1024))),
    ["live", "broken CLUSTER_ERROR"],
    250,
    "10",
  ],
  ["sends a bookmark without a version", stream([line("BOOKMARK", {})]), ["live"], 250, "10"],
  [
    "sends an object without a uid",
    stream([line("ADDED", { ...object("a", 11), metadata: { name: "a" } })]),
    ["live", "unreadable INCOMPLETE a"],
    250,
    "10",
  ],
  [
    "sends what is no event",
    stream(["[]\n", "42\n"]),
    ["live", "unreadable NO_OBJECT -", "unreadable NO_OBJECT -"],
    250,
    "10",
  ],
  ["sends a type nobody knows", stream([line("RENAMED", object("a", 11))]), ["live"], 250, "10"],
  [
    "sends an object of another kind",
    stream([line("ADDED", { ...object("a", 11), kind: "Secret" })]),
    ["live", "unreadable OTHER_KIND a"],
    250,
    "10",
  ],
  ["sends empty lines", stream(["\n\n", a11, "\n"]), ["live", "ADDED a @11"], 250, "11"],
];

describe.each(PROTOCOLS)("a reflector that watches over %s", (protocol) => {
  test.each(WATCHING)("knows what to do when the watch %s", async (_, watch, told, waitMs, next) => {
    const played = await play({
      protocol,
      resourceVersion: "10",
      watches: [watch],
      lists: next === null ? [list(20, object("b", 20))] : [],
    });
    const relist = ["listing", "list", "page b", "listed @20"];
    expect(played.told).toEqual(next === null ? [...told, ...relist] : told);
    expect(played.watched).toEqual(["10", next ?? "20"]);
    expect(played.waits).toEqual([waitMs]);
  });

  test("reads an event that is cut anywhere, also within a character", async () => {
    const event = Buffer.from(
      line("ADDED", { ...object("a", 11), metadata: { ...object("a", 11).metadata, name: "größe" } }),
    );
    for (const at of [1, event.indexOf("ö") + 1, event.length - 1]) {
      const watch: Answer = async (_, reply) => {
        reply.open();
        reply.write(event.subarray(0, at));
        // Only what was flushed by itself arrives as a piece of its own.
        await reply.flushed();
        reply.write(event.subarray(at));
        reply.end();
      };
      const { told } = await play({ protocol, resourceVersion: "10", watches: [watch] });
      expect(told).toEqual(["live", "ADDED größe @11"]);
    }
  });

  test("opens a watch again that was silent for too long, without calling the API server broken", async () => {
    const limits = { openMs: 30_000, idleMs: 1_000 };
    const quiet = stream([bookmark(11)], () => {});
    const played = await play({ protocol, resourceVersion: "10", watches: [quiet], limits });
    expect(played.told).toEqual(["live", "bookmark @11"]);
    expect(played.watched).toEqual(["10", "11"]);
  }, 180_000);

  test("calls the API server broken when it does not even answer", async () => {
    const limits = { openMs: 50, idleMs: 30_000 };
    const played = await play({ protocol, resourceVersion: "10", watches: [() => {}], limits });
    expect(played.told).toEqual(["broken CLUSTER_TIMEOUT"]);
    expect(played.watched).toEqual(["10", "10"]);
  });

  test("comes back at once when a watch that lived long ends, as it does every few minutes", async () => {
    let nowMs = 0;
    const long: Answer = (_, reply) => {
      reply.open();
      reply.write(bookmark(11));
      reply.end();
      nowMs += 3_000;
    };
    // The reflector looks at the clock when the watch opens and when it ends; in between the answer has moved it on.
    let looked = 0;
    const now = () => (looked++ % 2 === 0 ? 0 : nowMs);
    const played = await play({ protocol, resourceVersion: "10", watches: [long, long], now });
    expect(played.waits).toEqual([0, 0]);
    expect(played.watched).toEqual(["10", "11", "11"]);
  });

  test("lists anew when its watches keep ending at once with nothing to tell, and counts from there", async () => {
    const ends = Array.from({ length: 5 }, () => stream([]));
    const played = await play({ protocol, resourceVersion: "10", watches: ends, lists: [list(20)] });
    const relist = ["listing", "list", "page ", "listed @20"];
    expect(played.told).toEqual(["live", "live", "live", ...relist, "live", "live"]);
    expect(played.watched).toEqual(["10", "10", "10", "20", "20", "20"]);
  });

  test("does not list anew while its watches have something to tell, however soon they end", async () => {
    const watches = Array.from({ length: 6 }, (_, i) => stream(i % 3 === 2 ? [bookmark(11 + i)] : []));
    const played = await play({ protocol, resourceVersion: "10", watches });
    expect(played.listed).toEqual([]);
    expect(played.watched).toEqual(["10", "10", "10", "13", "13", "13", "16"]);
  });

  test("takes the next version of an object whose last one could not be read", async () => {
    const watch = stream([line("MODIFIED", tooDeep), line("MODIFIED", object("a", 12))]);
    const { told } = await play({ protocol, resourceVersion: "10", watches: [watch] });
    expect(told).toEqual(["live", "unreadable TOO_DEEP a", "MODIFIED a @12"]);
  });

  test("waits longer after each failure, never more than a minute, and starts over after an event", async () => {
    const failures = Array.from({ length: 9 }, () => status(500));
    const played = await play({ protocol, resourceVersion: "10", watches: [...failures, stream([a11]), status(500)] });
    expect(played.waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 250, 500]);
  });
});
