/** Runs the TypeScript 7 compiler by path: which `tsc` a bin folder holds depends on the workspace it is in. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const home = dirname(createRequire(import.meta.url).resolve("@typescript/native/package.json"));
const run = Bun.spawnSync([process.execPath, join(home, "bin/tsc"), ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit"],
});
process.exit(run.exitCode);
