import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { Authorizer } from "@flux-orchestrator/api";
import { appendLog, writeDocuments } from "@flux-orchestrator/db";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { until } from "@flux-orchestrator/testing";
import { SmallCluster } from "../../test/small-cluster.ts";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, RESOURCE } from "./test-shapes.ts";

let isRevoked = false;
const authorizer: Authorizer = {
  allows: async ({ id }) => id !== "nobody" && !(id === "leaver" && isRevoked),
  visible: async () => ({ all: [] }),
};
let streamsOpen = 0;
const rest = useRest({ authorizer, opened: (_, by) => (streamsOpen += by) });
let cluster: SmallCluster;
let clusterId = "";
let version = 200;

beforeAll(async () => {
  cluster = await SmallCluster.start();
  cluster.objects = [{ name: "old", version: 100 }];
  const body = { name: "one", kubeconfig: cluster.kubeconfig("a-token-of-the-cluster") };
  clusterId = (await rest.call("POST", "/api/v1/clusters", body)).json.id;
  await until("the cluster is watched", () => cluster.isWatched, 30_000);
}, 60_000);
afterAll(() => cluster?.stop());

interface Event {
  event: string;
  id: string | undefined;
  data: Record<string, unknown>;
}
/** What a client made of the stream: blocks as EventSource reads them. */
class Watch {
  text = "";
  ended = false;
  readonly #hangUp = new AbortController();
  headers = new Headers();
  status = 0;
  #reading: Promise<void> = Promise.resolve();

  static async open(query = "", headers: Record<string, string> = {}, url = rest.url): Promise<Watch> {
    const watch = new Watch();
    const answer = await fetch(`${url}/api/v1/watch${query}`, {
      headers,
      signal: watch.#hangUp.signal,
      keepalive: false,
    });
    watch.headers = answer.headers;
    watch.status = answer.status;
    watch.#reading = watch.#read(answer);
    await until("it has begun", () => watch.text.includes("\n\n") || watch.ended);
    return watch;
  }
  async #read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body!) this.text += decoder.decode(piece as Uint8Array, { stream: true });
    } catch (error) {
      if (!this.#hangUp.signal.aborted) throw error;
    }
    this.ended = true;
  }
  get events(): Event[] {
    return blocksOf(this.text).flatMap((fields) =>
      fields["data"] === undefined
        ? []
        : [{ event: fields["event"]!, id: fields["id"], data: JSON.parse(fields["data"]) }],
    );
  }
  /** The last event id of an EventSource. */
  get cursor(): string {
    return blocksOf(this.text).findLast((fields) => fields["id"] !== undefined)!["id"]!;
  }
  get changes(): string[] {
    return this.events.filter(({ event }) => event === "change").map(({ data }) => `${data["op"]} ${data["name"]}`);
  }
  until = (change: string) => until(`"${change}" is told`, () => this.changes.includes(change), 20_000);
  async close(): Promise<void> {
    this.#hangUp.abort();
    await this.#reading;
  }
}
const blocksOf = (text: string) =>
  text
    .split("\n\n")
    .slice(0, -1)
    .map(
      (block): Record<string, string> =>
        Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])),
    );

const opened: Watch[] = [];
const open = async (...args: Parameters<typeof Watch.open>) => {
  const watch = await Watch.open(...args);
  opened.push(watch);
  return watch;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((watch) => watch.close()));
  await until("nothing is left open", () => streamsOpen === 0);
  expect(rest.errors).toEqual([]);
});
const tell = (name: string, ready: "True" | "False" = "True", message = "") =>
  cluster.tell("MODIFIED", { name, version: ++version, ready, message });

test("a change in a cluster is told as lists would show it, at once and without being asked again", async () => {
  const watch = await open("", { "accept-encoding": "zstd, gzip" });
  expect([watch.status, watch.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(watch.headers.get("cache-control")).toBe("no-store, no-transform");
  expect(watch.headers.get("x-accel-buffering")).toBe("no");
  expect(watch.headers.get("content-encoding")).toBeNull();
  expect(watch.text).toMatch(/^retry: 2000\n: watching\nid: [0-9a-f]+\.\d+\n\n/);
  tell("web");
  await watch.until("upsert web");
  const [{ data }] = watch.events.filter((event) => event.data["name"] === "web") as [Event];
  const { json } = await rest.call("GET", `/api/v1/resources/${clusterId}/Kustomization/apps/web`);
  expectShape(json, RESOURCE);
  const id = `${clusterId}/Kustomization/apps/web`;
  const key = { cluster_id: clusterId, kind: "Kustomization", namespace: "apps", name: "web" };
  expect(data).toEqual({ op: "upsert", id, ...key, object: json });
  cluster.tell("DELETED", { name: "web", version: ++version });
  await watch.until("delete web");
  expect(watch.events.findLast(({ event }) => event === "change")?.data).toEqual({
    op: "delete",
    id,
    ...key,
    object: null,
  });
  expect(watch.text).not.toContain("a-token-of-the-cluster");
});

test("a filter narrows what is told, in the words of lists", async () => {
  const [failing, named, others] = [
    await open(`?readiness=Failed&kind=Kustomization&cluster_id=${clusterId}&namespace=apps`),
    await open("?text=nam&-namespace=elsewhere"),
    await open("?kind=HelmRelease"),
  ];
  const all = await open();
  tell("plain");
  await all.until("upsert plain");
  tell("named");
  tell("broken", "False", "build failed");
  await failing.until("upsert broken");
  await named.until("upsert named");
  expect(failing.changes).toEqual(["upsert broken"]);
  expect(named.changes.filter((change) => change.startsWith("upsert"))).toEqual(["upsert named"]);
  expect(others.changes).toEqual([]);
});

test("an object has the fields that are asked for", async () => {
  const [few, said] = [await open("?fields=name,status"), await open("?fields=name,message")];
  tell("short", "False", "build failed");
  for (const [watch, object] of [
    [few, { name: "short", status: "NotReady" }],
    [said, { name: "short", message: "build failed" }],
  ] as const) {
    await watch.until("upsert short");
    expect(watch.events.find(({ data }) => data["name"] === "short")?.data["object"]).toEqual(object);
  }
});

test("who comes back with the last id, to whichever replica, is told what was missed, and nothing twice", async () => {
  const first = await open();
  tell("known");
  await first.until("upsert known");
  const length = () => blocksOf(first.text).length;
  const told = length();
  await until("the cursor has moved on", () => length() > told && first.text.endsWith("\n\n"));
  const last = first.cursor;
  await first.close();
  const other = await open();
  tell("missed");
  await other.until("upsert missed");
  const replica = await rest.replica();
  for (const [query, headers, url] of [
    ["", { "last-event-id": last }, rest.url],
    ["", { "last-event-id": last }, replica.url],
    [`?last_event_id=${last}`, {}, replica.url],
    [`?last_event_id=nonsense`, { "last-event-id": last }, rest.url],
  ] as const) {
    const again = await open(query, headers, url);
    await again.until("upsert missed");
    expect(again.changes).toEqual(["upsert missed"]);
    expect(again.events.map(({ event }) => event)).toEqual(["change"]);
  }
});

test("an id that was never handed out is answered with what to do", async () => {
  for (const id of ["nonsense", "-1", "1;2", "0.99999999", "x".repeat(8_000)]) {
    const watch = await open("", { "last-event-id": id });
    await until("a resync is told", () => watch.events.length > 0);
    const [{ event, data, id: cursor }] = watch.events as [Event];
    expect([event, data["hint"]]).toEqual([
      "resync",
      "Read the list again: GET /api/v1/resources with the same filter. This stream goes on from here.",
    ]);
    expect(data["reason"]).toBeString();
    expect(cursor).toMatch(/^[0-9a-f]+\.\d+$/);
  }
  expect((await open("", { "last-event-id": "" })).events).toEqual([]);
});

test("what cannot be watched is refused in words before anything is told", async () => {
  const rows: [query: string, status: number, code: string][] = [
    ["?kind=Deployment", 400, "KIND_NOT_SUPPORTED"],
    ["?readiness=Fine", 400, "INPUT_INVALID"],
    ["?label=a%20b", 400, "INPUT_INVALID"],
    ["?cluster_id=nope", 404, "CLUSTER_NOT_FOUND"],
    ["?environment=prod", 400, "INPUT_INVALID"],
    ["?readyness=Failed", 400, "INPUT_INVALID"],
    ["?limit=5", 400, "INPUT_INVALID"],
    ["?fields=colour", 400, "INPUT_INVALID"],
    ["?cluster=one", 400, "INPUT_INVALID"],
    [`?text=${"x".repeat(201)}`, 400, "INPUT_INVALID"],
    ["?namespace=a%00b", 400, "INPUT_INVALID"],
  ];
  for (const method of ["GET", "HEAD"])
    for (const [query, status, code] of rows) {
      const answer = await rest.call(method, `/api/v1/watch${query}`);
      expect([method, query, answer.status]).toEqual([method, query, status]);
      if (method === "HEAD") continue;
      expectShape(answer.json, FAILURE);
      expect([query, answer.json.code]).toEqual([query, code]);
    }
  const refused = await rest.call("GET", "/api/v1/watch", undefined, { "x-actor": "nobody" });
  expect([refused.status, refused.json.code]).toEqual([403, "FORBIDDEN"]);
  expect((await rest.call("POST", "/api/v1/watch")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
});

test("HEAD is answered and over", async () => {
  const { status, headers, text } = await rest.call("HEAD", "/api/v1/watch");
  expect([status, headers.get("content-type"), text]).toEqual([200, "text/event-stream", ""]);
});

test("a reader whose right is taken away is told so, and the stream ends", async () => {
  const watch = await open("", { "x-actor": "leaver" });
  isRevoked = true;
  await until("it has ended", () => watch.ended, 10_000);
  const last = watch.events.at(-1)!;
  expect([last.event, last.data["code"]]).toEqual(["end", "FORBIDDEN"]);
  expectShape(last.data, FAILURE);
});

test("what a reader does not take is not kept for it without bound: it is told to read anew", async () => {
  const quiet = crypto.randomUUID();
  const { sql } = rest.database;
  const known = { slug: "quiet", name: "Quiet", name_key: "quiet", server: "https://127.0.0.1:1" };
  await sql`insert into clusters ${sql({ id: quiet, ...known, credential_kind: "token" })}`;
  // Without the network in between: nothing but the stream itself could keep anything.
  const answer = await rest.handle(new Request(`${rest.url}/api/v1/watch?cluster_id=quiet`));
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n")) text += (await reader.read()).value;
  // One that reads: what it is told, the other was told too.
  const reading = await open("?cluster_id=quiet");
  for (let stretch = 0; stretch < 3; stretch++) {
    const rows = Array.from({ length: 100 }, (_, at) =>
      resourceRow({ clusterId: quiet, name: `app-${stretch}-${at}`, message: "x".repeat(4_000) }),
    );
    await sql.begin(async (tx) => {
      const ids = await storeResources(tx, rows);
      await writeDocuments(
        tx,
        ids.map((resourceId) => ({ resourceId, document: "{}" })),
      );
      const change = { subject: "resource", op: "upsert", clusterId: quiet, kind: "Kustomization" } as const;
      await appendLog(
        tx,
        rows.map(({ namespace, name, word }, at) => ({
          ...change,
          namespace,
          name,
          resourceId: ids[at]!,
          oldWord: null,
          newWord: word,
        })),
      );
    });
    await reading.until(`upsert app-${stretch}-99`);
  }
  while (!text.includes("event: resync")) text += (await reader.read()).value;
  await reader.cancel();
  expect(text).toContain("too slow");
  // One stretch may have been on its way.
  expect(text.match(/event: change/g)?.length ?? 0).toBeLessThanOrEqual(100);
});

test("a client that goes leaves nothing open", async () => {
  expect(streamsOpen).toBe(0);
  const [one, other] = [await open(), await open()];
  expect(streamsOpen).toBe(2);
  await one.close();
  await until("one is left", () => streamsOpen === 1);
  await other.close();
  await until("none is left", () => streamsOpen === 0);
});
