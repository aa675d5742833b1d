import { afterAll, describe, expect, test } from "bun:test";
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, connect as openSocket, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@flux-orchestrator/db/embedded";
import { freePorts, until } from "@flux-orchestrator/testing";
import { descendants, root, startProduct, temporaryHome } from "./product.ts";

const DEADLINE_MS = 240_000;
const NOBODY = 65_534;
const homes: string[] = [];
const freshHome = async () => {
  const home = await temporaryHome();
  homes.push(home);
  return home;
};
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const isRunning = (pid: number): boolean =>
  Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim()
    .replace(/^Z.*/, "") !== "";

async function saveSetting(url: string, key: string, value: string): Promise<void> {
  const saved = await fetch(`${url}/api/v1/settings/${key}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ value }),
  });
  expect(saved.status).toBe(200);
}
async function setting(url: string, key: string): Promise<string | undefined> {
  const settings = (await (await fetch(`${url}/api/v1/settings`)).json()) as { key: string; value: string }[];
  return settings.find((one) => one.key === key)?.value;
}

describe("bun run start", () => {
  test(
    "prints one line with the address, listens on loopback, and keeps everything in a home nobody else reads",
    async () => {
      await using product = await startProduct();
      const printed = product
        .output()
        .split("\n")
        .filter((line) => line.includes("http://"));
      expect(printed).toEqual([`Flux Orchestrator is ready: ${product.url}`]);
      const listening = Bun.spawnSync(["ss", "-ltnH", `sport = :${product.port}`]).stdout.toString();
      const ours = listening.split("\n").flatMap((line) => line.split(/\s+/)[3] ?? []);
      expect(ours).toEqual([`127.0.0.1:${product.port}`]);
      expect(statSync(join(product.home, "encryption.key")).mode & 0o777).toBe(0o600);
      expect(statSync(join(product.home, "server.log")).mode & 0o777).toBe(0o600);
      // Others may pass through to what the database's own account needs, but see nothing.
      expect(statSync(product.home).mode & 0o066).toBe(0);
    },
    DEADLINE_MS,
  );

  test(
    "Ctrl-C stops everything in order, and nothing is left running",
    async () => {
      const product = await startProduct({ home: await freshHome() });
      const started = descendants(product.pid);
      expect(started.length).toBeGreaterThan(2);
      expect(await product.stop()).toBe(0);
      await until("all are gone", () => !started.some(isRunning));
      expect((await fetch(`${product.url}/healthz`).catch(() => undefined))?.status).toBeUndefined();
    },
    DEADLINE_MS,
  );

  test(
    "after kill -9 the next start recovers by itself, with everything that was stored",
    async () => {
      const home = await freshHome();
      const crashed = await startProduct({ home });
      await saveSetting(crashed.url, "kept", "through a crash");
      await crashed.crash();
      const startedMs = performance.now();
      await using next = await startProduct({ home });
      console.log(`start after kill -9: ready in ${Math.round(performance.now() - startedMs)} ms`);
      expect(await setting(next.url, "kept")).toBe("through a crash");
    },
    DEADLINE_MS,
  );

  test(
    "a server whose starter was killed ends by itself",
    async () => {
      const product = await startProduct({ home: await freshHome() });
      const started = descendants(product.pid);
      process.kill(product.pid, "SIGKILL");
      await until("server and Postgres are gone", () => !started.some(isRunning));
    },
    DEADLINE_MS,
  );

  test(
    "a second start on the same home is refused in words, and the first goes on",
    async () => {
      const home = await freshHome();
      await using first = await startProduct({ home });
      await expect(startProduct({ home })).rejects.toThrow(
        /another Flux Orchestrator \(process \d+\) uses this data directory/,
      );
      expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    },
    DEADLINE_MS,
  );

  test(
    "a port that was asked for and is taken is an error; a default one that is taken gives way, and that is said",
    async () => {
      const [port] = (await freePorts(1)) as [number];
      const taken = await listen(port);
      await expect(startProduct({ port })).rejects.toThrow(`port ${port} is in use by another program`);

      // Somebody else may have 8080 already: then it is taken all the same.
      const standard = await listen(8080).catch(() => undefined);
      const home = await freshHome();
      const child = Bun.spawn([process.execPath, join(root, "scripts/start.ts")], {
        cwd: root,
        env: { ...process.env, FLUX_ORCHESTRATOR_HOME: home, KUBECONFIG: join(home, "none"), PORT: "" },
        stdout: "pipe",
        stderr: "ignore",
      });
      let printed = "";
      for await (const chunk of child.stdout) {
        printed += new TextDecoder().decode(chunk);
        if (printed.includes("ready")) break;
      }
      expect(printed).toMatch(/Port 8080 is in use, so this is port 80(8[1-9]|9\d)\./);
      child.kill("SIGINT");
      expect(await child.exited).toBe(0);
      taken.close();
      standard?.close();
    },
    DEADLINE_MS,
  );

  test(
    "DATABASE_URL replaces the embedded Postgres",
    async () => {
      const home = await freshHome();
      const postgres = await startEmbeddedPostgres({ home: await freshHome(), durable: false });
      const door = await forward(`${postgres.target.socketDir}/.s.PGSQL.5432`);
      const { port } = door.address() as { port: number };
      const env = { DATABASE_URL: `postgres://${postgres.target.user}@127.0.0.1:${port}/${postgres.target.database}` };
      const product = await startProduct({ home, env });
      await saveSetting(product.url, "where", "elsewhere");
      expect(descendants(product.pid).some((pid) => commandLine(pid).includes("pg18"))).toBe(false);
      await product.stop();
      await using again = await startProduct({ home, env });
      expect(await setting(again.url, "where")).toBe("elsewhere");
      await again.stop();
      door.close();
      await postgres.stop();
    },
    DEADLINE_MS,
  );

  test(
    "a bad environment stops the start with a sentence, without what was wrong in it",
    async () => {
      const home = await freshHome();
      for (const [env, sentence] of [
        [{ DATABASE_URL: "mysql://secret-in-url" }, "DATABASE_URL must be a postgres:// address"],
        [{ ENCRYPTION_KEY: "secret-but-short" }, "the encryption key must be 32 bytes"],
        [{ LOG_LEVEL: "secret-level" }, "LOG_LEVEL must be one of"],
        [{ FLUX_ORCHESTRATOR_MODE: "secret-mode" }, "FLUX_ORCHESTRATOR_MODE must be one of"],
      ] as const) {
        const failure = await startProduct({ home, env }).then(
          () => "it started",
          (error: Error) => error.message,
        );
        expect(failure).toContain(`Flux Orchestrator cannot start: ${sentence}`);
        expect(failure).not.toContain("secret");
      }
    },
    DEADLINE_MS,
  );

  const setpriv = Bun.which("setpriv");
  const mayBecomeNobody = process.getuid?.() === 0 && setpriv !== null;
  test.if(mayBecomeNobody)(
    "works as an ordinary user, too",
    async () => {
      const home = mkdtempSync(join(tmpdir(), "fo-nobody-"));
      homes.push(home);
      chownSync(home, NOBODY, NOBODY);
      const as = [setpriv!, `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
      await using product = await startProduct({ home, as, env: { HOME: home } });
      expect((await fetch(`${product.url}/readiness`)).status).toBe(200);
      expect(statSync(join(home, "encryption.key")).uid).toBe(NOBODY);
    },
    DEADLINE_MS,
  );
});

function commandLine(pid: number): string {
  return Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
}

function listen(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

/** A TCP port in front of a Unix socket: how a Postgres elsewhere looks. */
async function forward(path: string): Promise<Server> {
  const server = createServer((client) => {
    const upstream = openSocket(path);
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
