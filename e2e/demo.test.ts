import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, GaveUpError, until } from "@flux-orchestrator/testing";
import { descendants, root, temporaryHome } from "./product.ts";

test("the demo shows a living fleet that says it is simulated, and leaves nothing behind", async () => {
  const temporary = await temporaryHome();
  const [port] = await freePorts(1);
  const args = ["--clusters", "3", "--objects", "40", "--rate", "60", "--seed", "9"];
  const demo = Bun.spawn([process.execPath, join(root, "scripts/demo.ts"), ...args], {
    cwd: root,
    env: { ...process.env, PORT: String(port), TMPDIR: temporary },
    stdout: "pipe",
    stderr: "pipe",
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    const call = async (procedure: string) =>
      // biome-ignore lint/suspicious/noExplicitAny: what is asked is what is looked at.
      ((await (await fetch(`${url}/trpc/${procedure}`, { keepalive: false })).json()) as any).result.data;
    const summary = await until("every cluster is live", async () => {
      if (demo.exitCode !== null) throw new GaveUpError(await new Response(demo.stderr).text());
      const { clusters, objectCount, cursor } = await call("fleet.summary");
      const isLive = clusters.length === 3 && clusters.every(({ stream }: { stream: string }) => stream === "live");
      return isLive && objectCount >= 110 && { clusters, cursor };
    });
    expect(summary.clusters.map(({ environment }: { environment: string }) => environment)).toEqual(
      Array(3).fill("production"),
    );
    expect(await call("system.info")).toMatchObject({ simulated: true, clusterCount: 3 });
    expect(await (await fetch(url, { keepalive: false })).text()).toContain(">Simulated fleet</aside>");
    await until("news comes by itself", async () => (await call("fleet.summary")).cursor !== summary.cursor);
  } finally {
    const started = descendants(demo.pid);
    demo.kill("SIGINT");
    expect(await demo.exited).toBe(0);
    expect(started.length).toBeGreaterThan(1);
    for (const pid of started) expect(existsSync(`/proc/${pid}`)).toBe(false);
  }
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
}, 240_000);
