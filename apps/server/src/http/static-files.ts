import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { acceptedCoding } from "./accept-encoding.ts";

/** The built dashboard: its files, and the page for every address that is not one. */
export interface StaticFiles {
  /** The file at a path; undefined when there is none. */
  file(request: Request, path: string): Response | undefined;
  /** `index.html`, which finds out itself what to show. */
  shell(request?: Request): Response;
}

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};
/** The copies a build may bring of a file; the shorter first. */
const ENDINGS = { br: ".br", gzip: ".gz" } as const;
const CODINGS = ["br", "gzip"] as const;

/** Stands on every page while the clusters are made up, whatever the page's own script does. */
const SIMULATED = '<aside class="simulated" aria-label="About this fleet">Simulated fleet</aside>';

/**
 * Serves a folder that was built once. All of it (some hundred kilobytes) is read at the start: no request reaches the
 * file system by a path of its own, and a build that comes later does not take away what an open page still loads.
 */
export function staticFiles(folder: string, { simulated }: { simulated: boolean }): StaticFiles {
  const files = new Map<string, Buffer<ArrayBuffer>>(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [`/${relative(folder, path).split(sep).join("/")}`, readFileSync(path)] as const),
  );
  const page = files.get("/index.html");
  if (page === undefined) throw new Error(`the dashboard is not built: there is no index.html in ${folder}`);
  if (simulated) {
    for (const ending of Object.values(ENDINGS)) files.delete(`/index.html${ending}`);
    files.set("/index.html", Buffer.from(page.toString().replace("</body>", `${SIMULATED}</body>`)));
  }
  const serve = (path: string, request: Request | undefined): Response => {
    const copies = CODINGS.filter((coding) => files.has(path + ENDINGS[coding]));
    const coding = acceptedCoding(request?.headers.get("accept-encoding") ?? null, copies).best;
    const headers: Record<string, string> = {
      "content-type": TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      // Names under immutable hold a hash of their content; everything else is asked for again.
      "cache-control": path.startsWith("/_app/immutable/") ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
      // The page brings its own policy in its head; what a header alone can say stands here.
      ...(path.endsWith(".html") ? { "content-security-policy": "frame-ancestors 'none'" } : {}),
      ...(coding === null ? {} : { "content-encoding": coding }),
    };
    return new Response(files.get(path + (coding === null ? "" : ENDINGS[coding])), { headers });
  };
  return {
    file: (request, path) =>
      files.has(path) && path !== "/index.html" && !/\.(br|gz)$/.test(path) ? serve(path, request) : undefined,
    shell: (request) => serve("/index.html", request),
  };
}
