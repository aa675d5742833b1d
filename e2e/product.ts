import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "..");

/** The product as a user starts it: `bun run start` with a home of its own. */
export interface Product {
  readonly url: string;
  readonly home: string;
  /** Everything it printed so far. */
  readonly output: () => string;
  /** Ctrl-C, then waits until it is gone; the exit code. */
  stop(): Promise<number>;
  /** `kill -9` of everything it started except Postgres, as a crash would. */
  kill(): Promise<void>;
  /** Stops it and removes its home. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the product and waits until `GET /healthz` is 200.
 *
 * @param options.home an earlier run's home, to start on its data; a fresh one otherwise
 * @param options.kubeconfig path that `KUBECONFIG` names
 */
export async function startProduct(options: { home?: string; kubeconfig: string; port?: number }): Promise<Product> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "fo-e2e-")));
  const port = options.port ?? (await freePort());
  const child = Bun.spawn([process.execPath, join(root, "scripts/start.ts")], {
    cwd: root,
    env: {
      ...process.env,
      FLUX_ORCHESTRATOR_HOME: home,
      KUBECONFIG: options.kubeconfig,
      PORT: String(port),
      DATABASE_URL: "",
      NO_COLOR: "1",
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
    })();
  }
  const url = `http://127.0.0.1:${port}`;
  await until("the product answers /healthz", 180_000, async () => {
    if (child.exitCode !== null) throw new Error(`start ended with ${child.exitCode}:\n${output}`);
    return (await fetch(`${url}/healthz`).catch(() => undefined))?.status === 200;
  });
  const product: Product = {
    url,
    home,
    output: () => output,
    async stop() {
      child.kill("SIGINT");
      return child.exited;
    },
    async kill() {
      for (const pid of descendants(child.pid)) if (commandOf(pid).includes("apps/server")) process.kill(pid, "SIGKILL");
      child.kill("SIGKILL");
      await child.exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) await product.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
  return product;
}

/** Polls a condition of the outside world until it holds. @throws after `deadlineMs`, naming the condition */
export async function until(what: string, deadlineMs: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs / 1000} s in vain until ${what}`);
    await Bun.sleep(50);
  }
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

function descendants(pid: number): number[] {
  const listed = Bun.spawnSync(["ps", "-eo", "pid=,ppid="]).stdout.toString();
  const parents = listed.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [pid];
  for (const parent of found) for (const [child, of] of parents) if (of === parent) found.push(child);
  return found;
}

function commandOf(pid: number): string {
  return Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
}
