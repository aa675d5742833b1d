import { afterEach, describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import type { z } from "zod";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { dropRows, insertCluster, storeRows, tellCluster } from "../../test/rows.ts";
import type { Caller } from "../context.ts";
import { createApi } from "../create-api.ts";
import { openStream } from "../open-stream.ts";
import { watchResources } from "./watch.ts";

const fixture = useApi();
type Input = z.input<typeof watchResources.input>;
type Told = { id: string; frame: z.output<typeof watchResources.output> };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((watch) => watch.close()));
});

/** An open watch and what it told; `api` is the replica that is asked. */
async function watch(input: Input, { actor = "operator", api = fixture.api }: { actor?: string; api?: Api } = {}) {
  const hangUp = new AbortController();
  const told: Told[] = [];
  const state = { error: null as unknown, ended: false };
  const caller: Caller = {
    actor: { id: actor },
    requestId: crypto.randomUUID(),
    through: "rest",
    signal: hangUp.signal,
  };
  const reading = (async () => {
    try {
      for await (const item of openStream(watchResources, api.context(caller), input)) told.push(item);
    } catch (error) {
      state.error = error;
    }
    state.ended = true;
  })();
  const changes = () => told.flatMap(({ frame }) => (frame.type === "changes" ? frame.changes : []));
  const one = {
    told,
    state,
    changes,
    said: () => changes().map(({ op, name }) => `${op} ${name}`),
    get cursor() {
      return told.at(-1)!.id;
    },
    /** Waits until the last of these was told, then says all that was. */
    async saidUpTo(last: string) {
      await until(`"${last}" is told`, () => one.said().includes(last), 20_000);
      return one.said();
    },
    async close() {
      hangUp.abort();
      await reading;
    },
  };
  opened.push(one);
  await until("the watch is open", () => told.length > 0 || state.ended);
  return one;
}
type Api = typeof fixture.api;
const documentOf = (status: string) =>
  JSON.stringify({ kind: "Kustomization", status: { conditions: [{ type: "Ready", status, message: "raw" }] } });

test("a change is told with the object as lists give it; an end without", async () => {
  const clusterId = await insertCluster(fixture.database);
  const open = await watch({ cluster: [clusterId] });
  expect(open.told[0]!.frame).toEqual({ type: "alive" });
  const [id] = await storeRows(
    fixture.database,
    [{ clusterId, name: "web", namespace: "apps", word: "Failed", readyStatus: "False" }],
    documentOf("False"),
  );
  await open.saidUpTo("upsert web");
  const key = { clusterId, kind: "Kustomization", namespace: "apps", name: "web" };
  expect(open.changes()).toMatchObject([
    { op: "upsert", ...key, resource: { ...key, status: "NotReady", message: "raw", document: documentOf("False") } },
  ]);
  await dropRows(fixture.database, [id!]);
  await open.saidUpTo("delete web");
  expect(open.changes().at(-1)).toEqual({ op: "delete", ...key, resource: null });
});

describe("a filter", () => {
  test("narrows, by every field that lists have but the environment", async () => {
    const [here, there] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
    const rows: [name: string, filter: Input][] = [
      ["kind", { kind: ["HelmRelease"] }],
      ["readiness", { readiness: ["Failed", "Stalled"] }],
      ["namespace", { namespace: ["special"] }],
      ["cluster", { cluster: [here] }],
      ["label", { label: ["team=a"] }],
      ["revision", { revision: ["5d5c4c1"] }],
      ["text", { text: "teXt" }],
      ["not", { not: { namespace: ["apps"], cluster: [there], kind: ["Kustomization"] } }],
    ];
    const watches = await Promise.all(
      rows.map(async ([name, filter]) => ({ name, open: await watch({ cluster: [here, there], ...filter }) })),
    );
    const fits: Record<string, object> = {
      kind: { kind: "HelmRelease" },
      readiness: { word: "Failed" },
      namespace: { namespace: "special" },
      cluster: { clusterId: here },
      label: { labels: { team: "a" } },
      revision: { revision: "main@sha1:5d5c4c1ab" },
      text: { name: "some-text" },
      not: { namespace: "special", kind: "HelmRelease", clusterId: here },
    };
    // One after the other: what does not fit comes first, so that it would have been told.
    const plain = { clusterId: there, namespace: "apps", labels: { team: "b" }, revision: "main@sha1:0000000" };
    await storeRows(fixture.database, [{ ...plain, name: "other" }]);
    for (const { name, open } of watches) {
      const row = { ...plain, name: `fits-${name}`, ...fits[name] };
      await storeRows(fixture.database, [row]);
      const said = await open.saidUpTo(`upsert ${row.name}`);
      expect([name, said.includes("upsert other")]).toEqual([name, false]);
    }
  });

  test("tells of an object that leaves it once, and again when it is back", async () => {
    const clusterId = await insertCluster(fixture.database);
    const [byWord, byLabel] = [
      await watch({ cluster: [clusterId], readiness: ["Failed"] }),
      await watch({ cluster: [clusterId], label: ["team"] }),
    ];
    const steps: [word: "Failed" | "Ready", labels: Record<string, string>, message: string][] = [
      ["Failed", { team: "a" }, "1"],
      ["Ready", {}, "2"],
      ["Ready", {}, "3"],
      ["Failed", { team: "a" }, "4"],
    ];
    for (const [word, labels, message] of steps) {
      await storeRows(fixture.database, [{ clusterId, name: "web", word, labels, message }]);
      const step = storeRows(fixture.database, [
        { clusterId, name: `mark-${message}`, word: "Failed", labels: { team: "" } },
      ]);
      await step;
      for (const open of [byWord, byLabel]) await open.saidUpTo(`upsert mark-${message}`);
    }
    for (const open of [byWord, byLabel])
      expect(open.said().filter((one) => one.endsWith(" web"))).toEqual(["upsert web", "leave web", "upsert web"]);
    expect(byWord.changes().find(({ op }) => op === "leave")?.resource).toMatchObject({ name: "web" });
  });

  test("by a cluster that is not there, and by what no object can be, is refused", async () => {
    const refused = async (input: object) => {
      const { state } = await watch(input as Input);
      return refusalOf(state.error).code;
    };
    expect(await refused({ cluster: ["nope"] })).toBe("CLUSTER_NOT_FOUND");
    expect(await refused({ kind: ["Deployment"] })).toBe("KIND_NOT_SUPPORTED");
    expect(await refused({ readiness: ["Fine"] })).toBe("INPUT_INVALID");
    expect(await refused({ environment: ["prod"] })).toBe("INPUT_INVALID");
    expect(await refused({ text: "\0" })).toBe("INPUT_INVALID");
  });
});

test("many at once are told in pieces, of which the last moves the cursor", async () => {
  const clusterId = await insertCluster(fixture.database);
  const open = await watch({ cluster: [clusterId] });
  const start = open.cursor;
  await storeRows(
    fixture.database,
    Array.from({ length: 60 }, (_, at) => ({ clusterId, name: `app-${at}` })),
  );
  await until("all are told", () => open.changes().length === 60, 20_000);
  const pieces = open.told.filter(({ frame }) => frame.type === "changes");
  expect(pieces.map(({ frame }) => frame.type === "changes" && frame.changes.length)).toEqual([25, 25, 10]);
  expect(pieces.slice(0, 2).map(({ id }) => id)).toEqual([start, start]);
});

test("more than can be told at once, and a cursor that was never handed out, are a resync", async () => {
  const clusterId = await insertCluster(fixture.database);
  const open = await watch({ cluster: [clusterId] });
  await storeRows(
    fixture.database,
    Array.from({ length: 250 }, (_, at) => ({ clusterId, name: `app-${at}` })),
  );
  await until("it is told to read anew", () => open.told.some(({ frame }) => frame.type === "resync"), 20_000);
  expect(open.changes()).toEqual([]);
  for (const lastEventId of ["nope", "0.-1", "1;2", `${open.cursor.split(".")[0]}.99999999`, "x".repeat(10_000)]) {
    const forged = await watch({ cluster: [clusterId], lastEventId });
    await until("a resync is told", () => forged.told.some(({ frame }) => frame.type === "resync"));
    expect(forged.told[0]!.id).toMatch(/^[0-9a-f]+\.\d+$/);
    await forged.close();
  }
});

test("whoever comes back, on another replica, is told exactly what was missed", async () => {
  const clusterId = await insertCluster(fixture.database);
  const first = await watch({ cluster: [clusterId] });
  await storeRows(fixture.database, [{ clusterId, name: "known" }]);
  await first.saidUpTo("upsert known");
  await until("the cursor is behind it", () => first.told.at(-1)!.frame.type === "alive", 20_000);
  const last = first.cursor;
  await first.close();
  const [id] = await storeRows(fixture.database, [{ clusterId, name: "missed" }]);
  await storeRows(fixture.database, [{ clusterId, name: "too" }]);
  await dropRows(fixture.database, [id!]);
  const other = createApi(fixture.call().deps);
  try {
    const second = await watch({ cluster: [clusterId], lastEventId: last }, { api: other });
    expect(second.told[0]).toEqual({ id: last, frame: { type: "alive" } });
    await second.saidUpTo("upsert too");
    await storeRows(fixture.database, [{ clusterId, name: "next" }]);
    expect((await second.saidUpTo("upsert next")).sort()).toEqual(["delete missed", "upsert next", "upsert too"]);
    expect(second.told.some(({ frame }) => frame.type === "resync")).toBe(false);
    await second.close();
  } finally {
    other.close();
  }
});

test("a cluster that is removed is told once, and only to those who asked for it", async () => {
  const [gone, other] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
  const watches = [await watch({}), await watch({ cluster: [gone] }), await watch({ cluster: [other] })];
  await fixture.database.sql`update clusters set deleted_at = now() where id = ${gone}::uuid`;
  await tellCluster(fixture.database, gone, "delete");
  await storeRows(fixture.database, [{ clusterId: other, name: "after" }]);
  const removed = (open: (typeof watches)[number]) =>
    open.told.flatMap(({ frame }) => (frame.type === "clusterRemoved" ? [frame.clusterId] : []));
  await watches[0]!.saidUpTo("upsert after");
  await watches[2]!.saidUpTo("upsert after");
  await until("it is told", () => removed(watches[1]!).length > 0, 20_000);
  expect(watches.map(removed)).toEqual([[gone], [gone], []]);
});

test("nothing is told that its reader may not see, and it ends when the right is gone", async () => {
  const clusterId = await insertCluster(fixture.database);
  fixture.rights.give("narrow", { allows: () => true, sees: { column: "namespace", in: ["mine"] } });
  const open = await watch({ cluster: [clusterId] }, { actor: "narrow" });
  await storeRows(fixture.database, [{ clusterId, name: "secret", namespace: "theirs" }]);
  await storeRows(fixture.database, [{ clusterId, name: "own", namespace: "mine" }]);
  expect(await open.saidUpTo("upsert own")).toEqual(["upsert own"]);
  fixture.rights.give("narrow", allBut("resource.read"));
  await until("it has ended", () => open.state.ended, 10_000);
  expect(refusalOf(open.state.error).code).toBe("FORBIDDEN");
  expect(refusalOf((await watch({}, { actor: "narrow" })).state.error).code).toBe("FORBIDDEN");
});
