import { beforeAll, expect, test } from "bun:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { writeDocuments } from "@flux-orchestrator/db";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { useServer } from "../../test/use-server.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";

const server = useServer();
const cluster = crypto.randomUUID();

/** As it came over the wire. */
async function raw(path: string, headers: Record<string, string> = {}, method = "GET", body?: string) {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { "accept-encoding": "", ...headers },
    decompress: false,
    keepalive: false,
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}
const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync };

beforeAll(async () => {
  // Nobody watches it: the feed stands still.
  const { sql } = server.database;
  const known = { slug: "one", name: "One", name_key: "one", server: "https://127.0.0.1:1", credential_kind: "token" };
  await sql`insert into clusters ${sql({ id: cluster, ...known })}`;
  // More than a page, so that the whole list is sent in pieces.
  const rows = Array.from({ length: 1200 }, (_, at) => resourceRow({ clusterId: cluster, name: `app-${at}` }));
  await sql.begin(async (tx) => {
    const ids = await storeResources(tx, rows);
    await writeDocuments(
      tx,
      ids.map((resourceId) => ({ resourceId, document: `{"spec":{"path":"${"./apps/".repeat(40)}"}}` })),
    );
  });
}, 60_000);

test("every answer that is worth it is compressed as the client likes, and is the same when it is unpacked", async () => {
  for (const path of ["/resources", "/resources?limit=100", "/resources/export", "/resources/export?format=csv"]) {
    const plain = await raw(path);
    expect([path, plain.status, plain.headers.get("content-encoding")]).toEqual([path, 200, null]);
    for (const coding of ["gzip", "zstd"] as const) {
      const packed = await raw(path, { "accept-encoding": coding });
      expect([path, packed.headers.get("content-encoding")]).toEqual([path, coding]);
      expect(packed.bytes.byteLength).toBeLessThan(plain.bytes.byteLength / 5);
      const withoutTime = (text: Buffer) => text.toString().replace(/"exported_at":"[^"]*"/, "");
      expect(withoutTime(unpack[coding](packed.bytes))).toBe(withoutTime(plain.bytes));
      for (const name of ["content-type", "content-disposition", "link", "x-next-cursor", "vary"])
        expect([path, name, packed.headers.get(name)]).toEqual([path, name, plain.headers.get(name)]);
      expect(packed.headers.get("vary")).toBe("Accept-Encoding");
    }
  }
});

test("a list has one tag in every encoding, and whoever brings it gets 304", async () => {
  for (const path of ["/resources", "/resources?limit=100"]) {
    const [plain, gzip, zstd] = await Promise.all(
      ["", "gzip", "zstd"].map((coding) => raw(path, { "accept-encoding": coding })),
    );
    const tag = plain!.headers.get("etag")!;
    expect([gzip!.headers.get("etag"), zstd!.headers.get("etag")]).toEqual([tag, tag]);
    expect(tag).toStartWith('W/"');
    for (const coding of ["", "gzip", "zstd"]) {
      const again = await raw(path, { "accept-encoding": coding, "if-none-match": tag });
      expect([again.status, again.bytes.byteLength]).toEqual([304, 0]);
      expect([again.headers.get("etag"), again.headers.get("vary")]).toEqual([tag, "Accept-Encoding"]);
      expect(again.headers.get("content-encoding")).toBeNull();
    }
  }
});

test("HEAD says what GET would", async () => {
  for (const path of ["/resources", "/resources?limit=100", "/settings"]) {
    const ask = { "accept-encoding": "zstd, gzip;q=0.5" };
    const [get, head] = [await raw(path, ask), await raw(path, ask, "HEAD")];
    expect([path, head.status, head.bytes.byteLength]).toEqual([path, get.status, 0]);
    for (const name of ["content-encoding", "content-type", "vary", "etag"])
      expect([path, name, head.headers.get(name)]).toEqual([path, name, get.headers.get(name)]);
    expect([null, get.headers.get("content-length")]).toContain(head.headers.get("content-length"));
  }
});

test("errors and short answers come as they are", async () => {
  for (const path of ["/clusters/nope", "/nope", "/settings", "/resources?kind=Receiver"]) {
    const { headers, bytes } = await raw(path, { "accept-encoding": "zstd" });
    expect([path, headers.get("content-encoding"), headers.get("vary")]).toEqual([path, null, "Accept-Encoding"]);
    expect(JSON.parse(bytes.toString())).toBeDefined();
  }
});

test("who takes nothing that can be sent is refused before anything is done", async () => {
  const refusal = await raw("/settings/theme", { "accept-encoding": "br, *;q=0" }, "PUT", '{"value":"dark"}');
  expect([refusal.status, refusal.headers.get("content-encoding")]).toEqual([406, null]);
  const failure = JSON.parse(refusal.bytes.toString());
  expectShape(failure, FAILURE);
  expect([failure.code, failure.hint]).toEqual(["NOT_ACCEPTABLE", "Accept zstd, gzip or identity."]);
  expect((await raw("/settings")).bytes.toString()).not.toContain("dark");
});

test("logs and what goes on as it happens are not compressed", async () => {
  const { json } = await raw("/bulk", {}, "POST", JSON.stringify(suspendAll())).then(({ bytes }) => ({
    json: JSON.parse(bytes.toString()),
  }));
  for (const [path, type] of [
    [`/bulk/${json.id}/events`, "text/event-stream"],
    ["/logs/aggregated?cluster_id=nope", "application/json"],
  ] as const) {
    const { headers } = await raw(path, { "accept-encoding": "zstd" });
    expect([path, headers.get("content-type"), headers.get("content-encoding")]).toEqual([path, type, null]);
    expect(headers.get("cache-control")).toBe("no-store, no-transform");
  }
});
const suspendAll = () => ({
  action: "suspend",
  objects: [{ cluster_id: cluster, kind: "Kustomization", namespace: "apps", name: "app-1" }],
});
