import { describe, expect, test } from "bun:test";
import type { Answer } from "@flux-orchestrator/testing";
import { breakOff, line, list, object, PROTOCOLS, play, stream } from "../../test/scripted-reflector.ts";

/** What clusters send that is odd, but can be read: every field of it is somebody's to write. */
const ODD: readonly (readonly [what: string, fields: object])[] = [
  ["no status", {}],
  ["a status that is null", { status: null }],
  ["a status that is a text", { status: "x" }],
  ["conditions that are an object", { status: { conditions: {} } }],
  ["a condition that is null", { status: { conditions: [null] } }],
  ["a condition whose type is a number", { status: { conditions: [{ type: 1 }] } }],
  ["two Ready conditions", { status: { conditions: [{ type: "Ready" }, { type: "Ready", status: true }] } }],
  ["5,000 conditions", { status: { conditions: Array.from({ length: 5_000 }, (_, i) => ({ type: `T${i}` })) } }],
  ["a time of the year 0000", { status: { conditions: [{ lastTransitionTime: "0000-01-01T00:00:00Z" }] } }],
  ["a message of 1 MB with markup, ANSI and NUL", { status: { message: `<b>\u001b[31m\0${"m".repeat(1_000_000)}` } }],
  [
    "20,000 inventory entries",
    { status: { inventory: { entries: Array.from({ length: 20_000 }, () => ({ id: "_" })) } } },
  ],
  ["an integer beyond 2^53", { spec: { n: 2 ** 60 } }],
  ["a negative generation", { spec: {}, generation: -1 }],
  ["a dependency on itself", { spec: { dependsOn: [{ name: "a" }] } }],
  ["keys of a prototype", JSON.parse('{"spec":{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}}')],
];
/** What is no object of a kind, whatever it looks like. */
const BROKEN: readonly (readonly [what: string, fields: object])[] = [
  ["no metadata", { metadata: undefined }],
  ["metadata that is null", { metadata: null }],
  ["no name", { metadata: { ...object("a", 11).metadata, name: undefined } }],
  ["a name with a slash", { metadata: { ...object("a", 11).metadata, name: "a/b" } }],
  ["no uid", { metadata: { ...object("a", 11).metadata, uid: "" } }],
  ["no version", { metadata: { ...object("a", 11).metadata, resourceVersion: 11 } }],
  ["no kind", { kind: null }],
];

describe("an object with", () => {
  test.each(ODD)("%s is handed over as it is, listed or told", async (_, fields) => {
    const odd = { ...object("a", 11), ...fields };
    const kept: unknown[] = [];
    const { told } = await play({
      lists: [list(10, odd)],
      watches: [stream([line("MODIFIED", odd)])],
      onEvent: async (event) => void kept.push(event),
    });
    expect(told).toEqual(["listing", "list", "page a", "listed @10", "live", "MODIFIED a @11"]);
    expect(kept).toEqual([JSON.parse(JSON.stringify(odd))]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each(BROKEN)("%s is left out alone, listed or told", async (_, fields) => {
    const broken = { ...object("a", 11), ...fields };
    const events = [line("MODIFIED", broken), line("MODIFIED", object("b", 12))];
    const { told } = await play({ lists: [list(10, broken, object("b", 9))], watches: [stream(events)] });
    expect(told.filter((one) => !one.startsWith("unreadable INCOMPLETE"))).toEqual([
      "listing",
      "list",
      "page b",
      "listed @10",
      "live",
      "MODIFIED b @12",
    ]);
    expect(told.length).toBe(8);
  });
});

describe.each(PROTOCOLS)("a watch over %s that breaks off", (protocol) => {
  const event = line("ADDED", object("b", 12));
  test.each(Array.from({ length: 20 }, (_, i) => Math.floor(((i + 1) * (event.length - 1)) / 20)))(
    "behind byte %d of an event loses nothing and tells nothing of it",
    async (at) => {
      const whole = line("ADDED", object("a", 11));
      const watches = [stream([whole, event.slice(0, at)], breakOff), stream([event])];
      const { told, watched } = await play({ protocol, resourceVersion: "10", watches });
      expect(told).toEqual(["live", "ADDED a @11", "broken CLUSTER_UNREACHABLE", "live", "ADDED b @12"]);
      expect(watched).toEqual(["10", "11", "12"]);
    },
  );
});

test("a list that breaks off anywhere removes nothing: it is no list", async () => {
  const body = JSON.stringify({ metadata: { resourceVersion: "9" }, items: [object("a", 3), object("b", 4)] });
  const broken: Answer[] = Array.from({ length: 10 }, (_, i) => (_request, reply) => {
    const part = body.slice(0, Math.floor((i * body.length) / 10));
    reply.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${part}`);
  });
  const { told } = await play({ protocol: "http/1.1", lists: [...broken, list(10, object("a", 3))] });
  const lost = Array.from({ length: 10 }, () => ["listing", "list", "broken CLUSTER_UNREACHABLE"]).flat();
  expect(told).toEqual([...lost, "listing", "list", "page a", "listed @10"]);
});
