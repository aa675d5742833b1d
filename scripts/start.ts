/** `bun run start`: installs, builds, and runs the product on this computer until Ctrl-C. */
import { ensureDashboard, ensureInstalled } from "./lib/prepare.ts";
import { runServer } from "./lib/server-process.ts";

ensureInstalled();
ensureDashboard();
process.exit(await runServer());
