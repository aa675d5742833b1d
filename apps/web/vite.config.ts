import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { judgeOrigin, loopbackHosts } from "@flux-orchestrator/contract";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin, type ProxyOptions } from "vite";

/** The page's own inline script (it sets the theme before the first paint) runs because the policy names its hash. */
const inlineScript = /<script>([\s\S]*?)<\/script>/.exec(
  readFileSync(new URL("src/app.html", import.meta.url), "utf8"),
);
const inlineHash = createHash("sha256")
  .update(inlineScript?.[1] ?? "")
  .digest("base64");

const apiServer = `http://127.0.0.1:${process.env["FLUX_ORCHESTRATOR_DEV_PORT"] ?? "4280"}`;
/** What was judged here already is our own page's; the server behind knows itself by its own name. */
const toApiServer: ProxyOptions = {
  target: apiServer,
  changeOrigin: true,
  configure: (proxy) => proxy.on("proxyReq", (request) => request.removeHeader("origin")),
};

/** The development server answers nobody but its own page and programs, as the real one does. */
const ownRequestsOnly: Plugin = {
  name: "own-requests-only",
  configureServer({ middlewares, config }) {
    middlewares.use((request, response, next) => {
      const header = (name: string) => [request.headers[name]].flat()[0] ?? null;
      const verdict = judgeOrigin(
        {
          method: request.method ?? "GET",
          host: header("host"),
          origin: header("origin"),
          fetchSite: header("sec-fetch-site"),
          fetchMode: header("sec-fetch-mode"),
          fetchDest: header("sec-fetch-dest"),
        },
        loopbackHosts(request.socket.localPort ?? config.server.port),
      );
      if (verdict === "own") return next();
      response.statusCode = verdict === "misdirected" ? 421 : 403;
      response.end();
    });
  },
};

export default defineConfig(({ command }) => {
  // `bun test` sets another one, and whoever builds from there wants the real page, not the one for developing.
  if (command === "build") process.env["NODE_ENV"] = "production";
  return {
    plugins: [
      ownRequestsOnly,
      sveltekit({
        preprocess: vitePreprocess(),
        adapter: adapter({ fallback: "index.html", precompress: true }),
        csp: {
          mode: "hash",
          directives: {
            "default-src": ["self"],
            "script-src": ["self", `sha256-${inlineHash}`],
            // Widths of meters and bands are style attributes.
            "style-src": ["self", "unsafe-inline"],
            "img-src": ["self", "data:"],
            "connect-src": ["self"],
            "object-src": ["none"],
            "base-uri": ["none"],
            "form-action": ["self"],
          },
        },
      }),
    ],
    // Hosts are judged above, more strictly.
    server: { cors: false, allowedHosts: true, proxy: { "/trpc": toApiServer, "/api": toApiServer } },
  };
});
