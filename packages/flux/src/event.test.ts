import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { type EventTally, FLUX_KINDS, type FluxEvent, type KubeObject, MASK, readEvent, tally } from "./index.ts";

/** As kustomize-controller writes it. */
const written = (change: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: {
    name: "app.18a1",
    namespace: "flux-system",
    uid: "e1",
    resourceVersion: "7",
    creationTimestamp: "2026-01-02T03:00:00Z",
  },
  involvedObject: {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    namespace: "flux-system",
    name: "app",
    uid: "u1",
  },
  type: "Warning",
  reason: "BuildFailed",
  message: "kustomize build failed after 1.2s in /tmp/kustomization-3158",
  source: { component: "kustomize-controller" },
  count: 3,
  firstTimestamp: "2026-01-02T03:00:00Z",
  lastTimestamp: "2026-01-02T03:10:00Z",
  ...change,
});
const at = (time: string) => Date.parse(`2026-01-02T${time}Z`);

test("an Event says what was told of which object, how often and when", () => {
  expect(readEvent(written())).toEqual({
    object: {
      group: "kustomize.toolkit.fluxcd.io",
      kind: "Kustomization",
      namespace: "flux-system",
      name: "app",
      uid: "u1",
    },
    type: "Warning",
    reason: "BuildFailed",
    message: "kustomize build failed after 1.2s in /tmp/kustomization-3158",
    source: "kustomize-controller",
    eventUid: "e1",
    count: 3,
    firstAt: at("03:00:00"),
    lastAt: at("03:10:00"),
    fingerprint: expect.any(String),
  });
});

test("the newer form says the same by other fields", () => {
  const event = readEvent(
    written({
      source: undefined,
      count: undefined,
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: "2026-01-02T03:01:00.123456Z",
      series: { count: 5, lastObservedTime: "2026-01-02T03:09:00.5Z" },
      reportingComponent: "flux-operator",
    }),
  );
  expect(event).toMatchObject({
    source: "flux-operator",
    count: 5,
    firstAt: at("03:01:00.123"),
    lastAt: at("03:09:00.5"),
  });
});

test("what no cluster could have is not read, and odd values never throw", () => {
  expect(readEvent(written({ involvedObject: { kind: "Kustomization" } }))).toBeNull();
  expect(readEvent(written({ involvedObject: { kind: "Kustomization", name: "x".repeat(300) } }))).toBeNull();
  expect(readEvent({ ...written(), involvedObject: undefined })).toBeNull();
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("involvedObject", "series", "count", "type", "message", "source"), fc.anything()),
      (odd) => {
        readEvent(written(odd));
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});

test("messages are masked and end at 8 KiB; two that differ by time and place only say the same", () => {
  expect(readEvent(written({ message: "cloning https://me:secret@host/x failed" }))!.message).toBe(
    `cloning https://${MASK}@host/x failed`,
  );
  expect(readEvent(written({ message: "x".repeat(10_000) }))!.message.length).toBeLessThanOrEqual(8193);
  const again = written({ message: "kustomize build failed after 7.5s in /tmp/kustomization-99" });
  expect(readEvent(again)!.fingerprint).toBe(readEvent(written())!.fingerprint);
  expect(readEvent(written({ reason: "HealthCheckFailed" }))!.fingerprint).not.toBe(readEvent(written())!.fingerprint);
});

test("a message quotes nothing it may not, in any form; where that is not known nothing of it is kept", () => {
  const secret = "hunter2-hunter2";
  const message = `values are {"password":"${secret}"}, ${btoa(secret)} is no number`;
  expect(readEvent(written({ message }), new Set([secret]))!.message).toBe(
    `values are {"password":"${MASK}"}, ${MASK} is no number`,
  );
  expect(readEvent(written({ message }), null)!.message).toBe(MASK);
  expect(readEvent(written({ message: `clone https://me:${secret}@host/x: ${secret} is refused` }))!.message).toBe(
    `clone https://${MASK}@host/x: ${MASK} is refused`,
  );
});

const told = (eventUid: string, count: number, first: string, last: string): FluxEvent => ({
  ...readEvent(written())!,
  eventUid,
  count,
  firstAt: at(first),
  lastAt: at(last),
});
const tallied = (...events: FluxEvent[]) => events.reduce<EventTally | null>(tally, null)!;

test("an Event object that counts on, and the next one after the API server dropped it, add up", () => {
  const total = tallied(
    told("e1", 1, "03:00:00", "03:00:00"),
    told("e1", 4, "03:00:00", "03:10:00"),
    told("e2", 1, "04:30:00", "04:30:00"),
    told("e2", 2, "04:30:00", "04:40:00"),
  );
  expect(total).toMatchObject({
    count: 6,
    firstAt: at("03:00:00"),
    lastAt: at("04:40:00"),
    eventUid: "e2",
    eventCount: 2,
  });
});

test("a list that tells everything again, in whatever order, adds nothing", () => {
  const events = [
    told("e1", 2, "03:00:00", "03:10:00"),
    told("e2", 1, "03:05:00", "03:05:00"),
    told("e3", 3, "03:20:00", "03:50:00"),
  ];
  const once = tallied(...events);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events)), (again) => {
      expect(again.reduce<EventTally | null>(tally, once)).toBe(once);
    }),
    { seed: 4 },
  );
});

test("an Event object that was counted in part adds what is certain: once", () => {
  const total = tallied(
    told("e1", 2, "03:00:00", "03:10:00"),
    told("e2", 5, "03:05:00", "03:06:00"),
    told("e2", 6, "03:05:00", "03:20:00"),
  );
  expect(total.count).toBe(3);
});

test("what real controllers told in six minutes is counted to the last one", () => {
  const controllers = new Set(FLUX_KINDS.map(({ controller }) => controller));
  const events = gunzipSync(readFileSync(join(import.meta.dir, "../fixtures/events.jsonl.gz")))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; object: KubeObject })
    .filter(({ type, object }) => type !== "BOOKMARK" && object.kind === "Event")
    .map(({ object }) => readEvent(object))
    .filter((event) => event !== null && controllers.has(event.source)) as FluxEvent[];
  const tallies = new Map<string, EventTally>();
  const counts = new Map<string, Map<string, number>>();
  for (const event of events) {
    const same = `${event.object.kind}/${event.object.namespace}/${event.object.name} ${event.fingerprint}`;
    tallies.set(same, tally(tallies.get(same) ?? null, event));
    counts.set(same, (counts.get(same) ?? new Map()).set(event.eventUid, event.count));
  }
  expect(events).toHaveLength(408);
  expect(tallies.size).toBe(131);
  for (const [same, { count }] of tallies)
    expect(`${same}: ${count}`).toBe(`${same}: ${[...counts.get(same)!.values()].reduce((sum, one) => sum + one, 0)}`);
});
