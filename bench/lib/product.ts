import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Topic } from "@flux-orchestrator/contract";
import { freePorts } from "@flux-orchestrator/testing";
import { owned } from "./owned-processes.ts";

const root = resolve(import.meta.dir, "../..");
/** The same for every start, so that a database can be started on again. */
export const ENCRYPTION_KEY = Buffer.alloc(32, "bench");
const START_DEADLINE_MS = 120_000;
/** Between two looks at whether it is ready: what a start takes is told to within this. */
const LOOK_MS = 2;

/** The server as a process of its own. */
export interface Product extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From its start to the first 200 of `/readiness`. */
  readonly readyMs: number;
  /** Calls a tRPC query; resolves with its data once the whole answer is read. @throws with what was answered instead */
  query<Data>(procedure: string, input?: unknown): Promise<Data>;
  /** Calls a tRPC mutation. @throws with what was answered instead */
  mutate<Data>(procedure: string, input: unknown): Promise<Data>;
  /** Where the live stream of a topic is read. */
  watchUrl(topic: Topic): string;
}

/** Starts the server on a database and waits until it is ready. `CPU_PROFILES` names a folder for a profile of it. */
export async function startProduct(databaseUrl: string): Promise<Product> {
  const home = mkdtempSync(join(tmpdir(), "fo-bench-home-"));
  const [port] = await freePorts(1);
  const profiles = process.env["CPU_PROFILES"];
  const profiling = profiles === undefined ? [] : ["--cpu-prof", "--cpu-prof-md", `--cpu-prof-dir=${profiles}`];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...profiling, join(root, "apps/server/src/main.ts")], {
    cwd: root,
    env: {
      ...process.env,
      BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEY: ENCRYPTION_KEY.toString("base64"),
      // Its standard input ends with us, even by kill -9.
      FLUX_ORCHESTRATOR_ENDS_WITH_INPUT: "1",
      FLUX_ORCHESTRATOR_HOME: home,
      KUBECONFIG: join(home, "no-kubeconfig"),
      PORT: String(port),
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const server = owned(child);
  const url = `http://127.0.0.1:${port}`;
  while ((await statusOf(`${url}/readiness`)) !== 200) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${said}`);
    if (performance.now() - startedMs > START_DEADLINE_MS) throw new Error(`the server is not ready:\n${said}`);
    await Bun.sleep(LOOK_MS);
  }
  const readyMs = performance.now() - startedMs;
  return {
    url,
    port: port!,
    pid: server.pid,
    readyMs,
    query: (procedure, input) => {
      const asked = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return answerOf(procedure, fetch(`${url}/trpc/${procedure}${asked}`));
    },
    mutate: (procedure, input) =>
      answerOf(
        procedure,
        fetch(`${url}/trpc/${procedure}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(input),
        }),
      ),
    watchUrl: (topic) => `${url}/trpc/live.watch?input=${encodeURIComponent(JSON.stringify({ topics: [topic] }))}`,
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const statusOf = (url: string): Promise<number> =>
  fetch(url, { keepalive: false }).then(
    ({ status }) => status,
    () => 0,
  );

async function answerOf<Data>(procedure: string, asked: Promise<Response>): Promise<Data> {
  const response = await asked;
  const text = await response.text();
  if (!response.ok) throw new Error(`${procedure} was answered with ${response.status}: ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { result: { data: Data } }).result.data;
}
