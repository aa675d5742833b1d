import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts } from "@flux-orchestrator/testing";

const SCRIPT = resolve(import.meta.dir, "../test/print-loaded-modules.ts");
const folder = mkdtempSync(join(tmpdir(), "fo-modes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Printed {
  local: { available: boolean; reason: string | null; contexts: { name: string }[] };
  statuses: number[];
  loaded: string[];
}

/** The user's own kubeconfig logs in by a program, which leaves a trace when it runs. */
async function runIn(mode: "local" | "server"): Promise<Printed & { programRan: boolean }> {
  const trace = join(folder, `${mode}-ran`);
  const program = join(folder, `${mode}-login`);
  writeFileSync(program, `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
  const kubeconfig = join(folder, `${mode}-kubeconfig`);
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: program } } }],
      contexts: [{ name: "exec", context: { cluster: "c", user: "u" } }],
      "current-context": "exec",
    }),
  );
  const [port] = (await freePorts(1)) as [number];
  const home = mkdtempSync(join(folder, "home-"));
  const child = Bun.spawn([process.execPath, SCRIPT], {
    env: {
      ...process.env,
      FLUX_ORCHESTRATOR_MODE: mode,
      FLUX_ORCHESTRATOR_HOME: home,
      KUBECONFIG: kubeconfig,
      PORT: String(port),
      DATABASE_URL: "",
      ENCRYPTION_KEY: "",
    },
    stdout: "pipe",
    stderr: "inherit",
  });
  const printed = JSON.parse(await new Response(child.stdout).text()) as Printed;
  return { ...printed, programRan: existsSync(trace) };
}

test("local mode shows the user's own contexts, and runs no program that nobody allowed", async () => {
  const { local, statuses, loaded, programRan } = await runIn("local");
  expect(local).toMatchObject({ available: true, contexts: [{ name: "exec" }] });
  // The import answers for each context; the test and the wrong code are refused.
  expect(statuses).toEqual([200, 403, 200, 403]);
  expect(loaded.length).toBeGreaterThan(2);
  expect(programRan).toBe(false);
}, 180_000);

test("in server mode what reads the user's files and starts programs is not even loaded", async () => {
  const { local, statuses, loaded, programRan } = await runIn("server");
  expect(local).toMatchObject({ available: false, contexts: [] });
  expect(statuses).toEqual([403, 403, 403, 403]);
  expect(loaded).toEqual([]);
  expect(programRan).toBe(false);
}, 180_000);
