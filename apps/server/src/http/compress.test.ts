import { describe, expect, test } from "bun:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { jsonAnswer, V1_HEADERS } from "../v1/json-answer.ts";
import { LIVE_HEADERS, textStream } from "../v1/text-stream.ts";
import { compressed, PLAIN_MAX, takesAny } from "./compress.ts";

const asking = (accept?: string, method = "GET") =>
  new Request("http://127.0.0.1/", { method, headers: accept === undefined ? {} : { "accept-encoding": accept } });
const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync };
/** Pieces that no coding makes short. */
const noise = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes / 2))).toString("hex");

/** A text in pieces, which tells how many of them were made, and whether it was left. */
function pieces(count: number, bytes: number, failsAt = -1) {
  const seen = { made: 0, left: false };
  async function* make(): AsyncGenerator<string, void> {
    try {
      for (let at = 0; at < count; at++) {
        if (at === failsAt) throw new Error("the database went away");
        seen.made++;
        yield noise(bytes);
      }
    } finally {
      seen.left = true;
    }
  }
  return { seen, answer: new Response(textStream(make()), { headers: V1_HEADERS }) };
}

describe.each(["gzip", "zstd"] as const)("%s", (coding) => {
  test("an answer of a known length is compressed whole, with its new length", async () => {
    const value = { text: "fine ".repeat(1000) };
    const plain = await jsonAnswer(value).text();
    const answer = await compressed(asking(coding), jsonAnswer(value, { headers: { ETag: 'W/"x"' } }));
    expect([answer.headers.get("content-encoding"), answer.headers.get("etag")]).toEqual([coding, 'W/"x"']);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const bytes = await answer.bytes();
    expect(Number(answer.headers.get("content-length"))).toBe(bytes.byteLength);
    expect(bytes.byteLength).toBeLessThan(plain.length / 10);
    expect(unpack[coding](bytes).toString()).toBe(plain);
  });

  test("a text in pieces is compressed as it is made, and only as fast as it is read", async () => {
    const { seen, answer } = pieces(40, 256 * 1024);
    const reader = (await compressed(asking(coding), answer)).body!.getReader();
    expect(seen.made).toBe(1);
    const read: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      read.push(value);
      bytes += value.byteLength;
      // Half of it stays when it is packed; a piece or two are in the coder.
      expect(seen.made).toBeLessThanOrEqual(Math.ceil(bytes / (128 * 1024)) + 3);
    }
    expect(seen).toEqual({ made: 40, left: true });
    expect(unpack[coding](Buffer.concat(read)).byteLength).toBe(40 * 256 * 1024);
  });

  test("a text whose reader goes is not made on, and what it is made of is left", async () => {
    const { seen, answer } = pieces(1000, 64 * 1024);
    const reader = (await compressed(asking(coding), answer)).body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(seen.left).toBe(true);
    expect(seen.made).toBeLessThan(10);
  });

  test("a text that is left before its first byte was read is not made on either", async () => {
    const { seen, answer } = pieces(1000, 64 * 1024);
    await (await compressed(asking(coding), answer)).body!.cancel();
    expect(seen).toEqual({ made: 1, left: true });
  });

  test("a text that fails on the way is broken off, so that it is never taken for all", async () => {
    const { answer } = pieces(9, 64 * 1024, 5);
    const reader = (await compressed(asking(coding), answer)).body!.getReader();
    const toTheEnd = async () => {
      while (!(await reader.read()).done);
    };
    await expect(toTheEnd()).rejects.toThrow("the database went away");
  });

  test("HEAD has the headers of GET, and nothing is made for it but the begin", async () => {
    const { seen, answer } = pieces(1000, 64 * 1024);
    const head = await compressed(asking(coding, "HEAD"), answer);
    expect([head.headers.get("content-encoding"), head.headers.get("vary")]).toEqual([coding, "Accept-Encoding"]);
    expect((await head.bytes()).byteLength).toBe(0);
    expect(seen).toEqual({ made: 1, left: true });
  });
});

test("1 KiB and less is sent as it is, in pieces or not, unless that is refused", async () => {
  const edges: [bytes: number, accept: string, coding: string | null][] = [
    [PLAIN_MAX, "gzip", null],
    [PLAIN_MAX + 4, "gzip", "gzip"],
    [4, "gzip, identity;q=0", "gzip"],
    [4, "zstd, *;q=0", "zstd"],
    [PLAIN_MAX + 4, "gzip;q=0.1, identity", null],
    [PLAIN_MAX + 4, "br", null],
  ];
  for (const [bytes, accept, coding] of edges) {
    const whole = jsonAnswer("x".repeat(bytes - 3));
    for (const answer of [whole, pieces(2, bytes / 2).answer]) {
      const sent = await compressed(asking(accept), answer);
      expect([bytes, accept, sent.headers.get("content-encoding")]).toEqual([bytes, accept, coding]);
      expect(sent.headers.get("vary")).toBe("Accept-Encoding");
      const got = await sent.bytes();
      expect((coding === null ? got : unpack[coding as "gzip"](got)).byteLength).toBe(bytes);
    }
  }
});

test("what goes on as it happens is not held back, and what must not be transformed is not", async () => {
  const live = new Response("x".repeat(5000), { headers: LIVE_HEADERS });
  const sent = await compressed(asking("zstd"), live);
  expect([sent.headers.get("content-encoding"), sent.headers.get("vary")]).toEqual([null, null]);
});

test("an answer without a body says that it depends on the header, and has no encoding", async () => {
  const sent = await compressed(asking("zstd"), new Response(null, { status: 304, headers: V1_HEADERS }));
  expect([sent.status, sent.headers.get("vary"), sent.headers.get("content-encoding")]).toEqual([
    304,
    "Accept-Encoding",
    null,
  ]);
});

test("who takes nothing that can be sent is known before anything is done", () => {
  expect([undefined, "", "br", "gzip, identity;q=0"].map((accept) => takesAny(asking(accept)))).toEqual(
    Array(4).fill(true),
  );
  expect(["identity;q=0", "*;q=0", "br, *;q=0"].map((accept) => takesAny(asking(accept)))).toEqual(
    Array(3).fill(false),
  );
});
