import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, GaveUpError, until } from "@flux-orchestrator/testing";
import { descendants, root, temporaryHome } from "./product.ts";

const [CLUSTERS, OBJECTS] = [60, 40];

test("the demo shows a living fleet that says it is simulated, and leaves nothing behind", async () => {
  const temporary = await temporaryHome();
  const [port] = await freePorts(1);
  const args = ["--clusters", `${CLUSTERS}`, "--objects", `${OBJECTS}`, "--rate", "60", "--seed", "9"];
  await using demo = startDemo(args, { PORT: String(port), TMPDIR: temporary });
  const url = `http://127.0.0.1:${port}`;
  const call = async (procedure: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: what is asked is what is looked at.
    ((await (await fetch(`${url}/trpc/${procedure}`, { keepalive: false })).json()) as any).result.data;
  const summary = await until("every cluster is live", async () => {
    demo.assertRunning();
    const { clusters, objectCount, cursor } = await call("fleet.summary");
    const live = clusters.filter(({ stream }: { stream: string }) => stream === "live");
    return live.length === CLUSTERS && objectCount === CLUSTERS * OBJECTS && { clusters, cursor };
  });
  expect(new Set(summary.clusters.map(({ environment }: { environment: string }) => environment))).toEqual(
    new Set(["production", "staging", "edge", "development"]),
  );
  expect(await call("system.info")).toMatchObject({ simulated: true, clusterCount: CLUSTERS });
  expect(await (await fetch(url, { keepalive: false })).text()).toContain(">Simulated fleet</aside>");
  await until("news comes by itself", async () => (await call("fleet.summary")).cursor !== summary.cursor);

  const started = descendants(demo.pid);
  expect(started.length).toBeGreaterThan(1);
  expect(await demo.stop()).toBe(0);
  for (const pid of started) expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
}, 240_000);

function startDemo(args: readonly string[], env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, join(root, "scripts/demo.ts"), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
    })();
  return {
    pid: child.pid,
    assertRunning() {
      if (child.exitCode !== null) throw new GaveUpError(`the demo ended with ${child.exitCode}:\n${output}`);
    },
    /** Ctrl-C, then waits until it is gone; the exit code. */
    stop() {
      child.kill("SIGINT");
      return child.exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) await this.stop();
    },
  };
}
