import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** The page's own inline script (it sets the theme before the first paint) runs because the policy names its hash. */
const inlineScript = /<script>([\s\S]*?)<\/script>/.exec(readFileSync(new URL("src/app.html", import.meta.url), "utf8"));
const inlineHash = createHash("sha256")
  .update(inlineScript?.[1] ?? "")
  .digest("base64");

const server = `http://127.0.0.1:${process.env["FLUX_ORCHESTRATOR_DEV_PORT"] ?? "4280"}`;

export default defineConfig({
  plugins: [
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
  server: { proxy: { "/trpc": server, "/api": server } },
});
