/** `bun run dev`: server and dashboard with hot reload, on data of their own. The printed address is the dashboard's. */
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { bun, ensureInstalled, env, root } from "./lib/prepare.ts";
import { runServer } from "./lib/server-process.ts";

const SERVER_PORT = process.env["PORT"] ?? "4280";
const DASHBOARD_PORT = process.env["DASHBOARD_PORT"] ?? "5173";

ensureInstalled();
const web = join(root, "apps/web");
const vite = spawn(
  bun,
  [
    "--bun",
    join(web, "node_modules/vite/bin/vite.js"),
    "dev",
    "--host",
    "127.0.0.1",
    "--port",
    DASHBOARD_PORT,
    "--strictPort",
  ],
  { cwd: web, env: { ...env, FLUX_ORCHESTRATOR_DEV_PORT: SERVER_PORT }, stdio: ["ignore", "inherit", "inherit"] },
);
process.on("exit", () => vite.kill());

const code = await runServer({
  args: ["--watch", "--no-clear-screen"],
  env: {
    PORT: SERVER_PORT,
    FLUX_ORCHESTRATOR_HOME:
      process.env["FLUX_ORCHESTRATOR_HOME"] ?? join(homedir(), ".local/share/flux-orchestrator-dev"),
  },
});
process.exit(code);
