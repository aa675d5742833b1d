/** Runs the server as a child that ends when this process does, however that happens. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bun, env, root } from "./prepare.ts";

/** Resolves with the exit code once the server has ended. Signals are passed on; it stops in order. */
export function runServer(options: { args?: readonly string[]; env?: Record<string, string> } = {}): Promise<number> {
  const server = spawn(bun, [...(options.args ?? []), join(root, "apps/server/src/main.ts")], {
    cwd: root,
    // Its standard input ends when we do, even by kill -9: the server takes that for a signal.
    env: { ...env, FLUX_ORCHESTRATOR_ENDS_WITH_INPUT: "1", ...options.env },
    stdio: ["pipe", "inherit", "inherit"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => server.kill(signal));
  return new Promise((done) => server.once("exit", (code) => done(code ?? 1)));
}
