import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts, GaveUpError, until } from "@flux-orchestrator/testing";

export const root = resolve(import.meta.dir, "..");

/** The product as a user starts it: `bun run start` with a home of its own. */
export interface Product extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly home: string;
  readonly pid: number;
  /** Everything it printed so far, on both streams. */
  output(): string;
  /** Ctrl-C, then waits until it is gone; the exit code. */
  stop(): Promise<number>;
  /** `kill -9` of start and of the server, as a crash would: Postgres is left behind. */
  crash(): Promise<void>;
}

export interface ProductOptions {
  /** An earlier run's home, to start on its data, which then stays; a fresh one otherwise. */
  home?: string;
  /** Path that `KUBECONFIG` names. */
  kubeconfig?: string;
  port?: number;
  env?: Record<string, string>;
  /** Runs it as another user: the words before the command. */
  as?: readonly string[];
}

/** Starts the product and waits until `GET /healthz` is 200. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const home = options.home ?? (await temporaryHome());
  const port = options.port ?? (await freePorts(1))[0]!;
  const child = Bun.spawn([...(options.as ?? []), process.execPath, join(root, "scripts/start.ts")], {
    cwd: root,
    env: {
      ...process.env,
      FLUX_ORCHESTRATOR_HOME: home,
      KUBECONFIG: options.kubeconfig ?? join(home, "no-kubeconfig"),
      PORT: String(port),
      DATABASE_URL: "",
      NO_COLOR: "1",
      ...options.env,
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
  const product: Product = {
    url,
    port,
    home,
    pid: child.pid,
    output: () => output,
    async stop() {
      child.kill("SIGINT");
      return child.exited;
    },
    async crash() {
      const pids = [child.pid, ...descendants(child.pid)].filter((pid) => !commandOf(pid).includes("postgres"));
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await child.exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await product.stop();
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
  await until("the product answers /healthz", async () => {
    if (child.exitCode !== null) throw new GaveUpError(`start ended with ${child.exitCode}:\n${output}`);
    return (await fetch(`${url}/healthz`, { keepalive: false, signal: AbortSignal.timeout(5_000) })).status === 200;
  });
  return product;
}

export const temporaryHome = (): Promise<string> => mkdtemp(join(tmpdir(), "fo-e2e-"));

/** Children of a process and theirs. */
export function descendants(pid: number): number[] {
  const listed = Bun.spawnSync(["ps", "-eo", "pid=,ppid="]).stdout.toString();
  const parents = listed
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found: number[] = [];
  const below = (parent: number) => {
    for (const [child, of] of parents)
      if (of === parent) {
        found.push(child);
        below(child);
      }
  };
  below(pid);
  return found;
}

const commandOf = (pid: number): string => Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
