import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { staticFiles } from "./static-files.ts";

const folder = mkdtempSync(join(tmpdir(), "fo-static-"));
mkdirSync(join(folder, "_app/immutable"), { recursive: true });
writeFileSync(join(folder, "index.html"), "<title>page</title>");
writeFileSync(join(folder, "_app/immutable/a.js"), "export {};");
writeFileSync(join(folder, "_app/immutable/a.js.gz"), gzipSync("export {};"));
writeFileSync(join(folder, "favicon.svg"), "<svg/>");
const files = staticFiles(folder, { simulated: false });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = (headers: Record<string, string> = {}) => new Request("http://127.0.0.1/", { headers });

test("a file is given with its type, and for ever where its name holds a hash", async () => {
  const script = files.file(request(), "/_app/immutable/a.js");
  expect(script?.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(script?.headers.get("cache-control")).toContain("immutable");
  expect(await script?.text()).toBe("export {};");
  expect(files.file(request(), "/favicon.svg")?.headers.get("cache-control")).toBe("no-cache");
});

test("who accepts a compressed copy gets it", async () => {
  const script = files.file(request({ "accept-encoding": "gzip, deflate" }), "/_app/immutable/a.js");
  expect(script?.headers.get("content-encoding")).toBe("gzip");
  expect(gunzipSync(Buffer.from(await script!.arrayBuffer())).toString()).toBe("export {};");
  const refusing = files.file(request({ "accept-encoding": "gzip;q=0, br" }), "/_app/immutable/a.js");
  expect([refusing?.headers.get("content-encoding"), await refusing?.text()]).toEqual([null, "export {};"]);
});

test("nothing outside of what was built, and no compressed copy by its own name", () => {
  for (const path of ["/../package.json", "/_app/immutable/a.js.gz", "/nothing.js", "/index.html", "/_app", ""])
    expect(files.file(request(), path)).toBeUndefined();
});

test("a later build takes nothing away from pages that are open", async () => {
  rmSync(join(folder, "_app"), { recursive: true });
  expect(await files.file(request(), "/_app/immutable/a.js")?.text()).toBe("export {};");
  expect(await files.shell().text()).toBe("<title>page</title>");
});

test("a folder without a page is not a dashboard", () => {
  expect(() => staticFiles(mkdtempSync(join(folder, "empty-")), { simulated: false })).toThrow(/not built/);
});

test("a page over made up clusters says so, compressed copies or not", async () => {
  const built = mkdtempSync(join(tmpdir(), "fo-static-"));
  writeFileSync(join(built, "index.html"), "<body>page</body>");
  writeFileSync(join(built, "index.html.gz"), gzipSync("<body>page</body>"));
  const page = staticFiles(built, { simulated: true }).shell(request({ "accept-encoding": "gzip" }));
  expect(page.headers.get("content-encoding")).toBeNull();
  expect(await page.text()).toMatch(/^<body>page<aside[^>]*>Simulated fleet<\/aside><\/body>$/);
  rmSync(built, { recursive: true });
});
