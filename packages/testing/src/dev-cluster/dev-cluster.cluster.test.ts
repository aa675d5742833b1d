import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { requirement, until } from "../index.ts";
import { run } from "../processes/run.ts";

const ROOT = resolve(import.meta.dir, "../../../..");
const TIMEOUT_MS = 240_000;

describe.skipIf(!(await requirement("flux")))("bun run dev:cluster", () => {
  let home: string;
  let temporary: string;
  let kubeconfig: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "fo-dev-cluster-"));
    temporary = await mkdtemp(join(home, "tmp-"));
    kubeconfig = join(home, "kubeconfig.yaml");
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  function start(...flags: string[]) {
    const child = Bun.spawn([process.execPath, "run", "dev:cluster", "--kubeconfig", kubeconfig, ...flags], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: temporary },
      stdin: "ignore",
      stdout: Bun.file(join(home, "stdout")),
      stderr: Bun.file(join(home, "stderr")),
    });
    const said = () => Bun.file(join(home, "stdout")).text();
    const whole = async () => `${await said()}${await Bun.file(join(home, "stderr")).text()}`;
    const up = async () => {
      await until(
        "the cluster is up",
        async () => {
          if (child.exitCode !== null) throw new Error(await whole());
          return (await said()).includes("Ctrl-C");
        },
        TIMEOUT_MS,
      );
      return said();
    };
    return { child, up, whole };
  }

  test(
    "Flux applies the fleet repository and what is pushed to it; SIGTERM leaves nothing behind",
    async () => {
      const { child, up } = start("--name", "workbench", "--seed", "30");
      try {
        const gitUrl = /git +(http\S+)/.exec(await up())![1]!;
        const cluster = await connect(kubeconfig);
        expect(cluster.context).toBe("workbench");

        const kustomizations = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations";
        const readiness = async (name: string) => {
          const { status } = await cluster.get(`${kustomizations}/${name}`);
          return status?.conditions?.find(({ type }) => type === "Ready")?.reason;
        };
        expect(await readiness("apps")).toBe("ReconciliationSucceeded");
        await until("reports fails", async () => (await readiness("reports")) === "ArtifactFailed");
        await until("its dependant waits", async () => (await readiness("report-mailer")) === "DependencyNotReady");
        const seeded = await cluster.get(
          "/apis/helm.toolkit.fluxcd.io/v2/helmreleases?labelSelector=flux-orchestrator/seeded",
        );
        expect(seeded.items!.length).toBeGreaterThan(0);

        const clone = join(home, "clone");
        await run(["git", "clone", "--quiet", gitUrl, clone]);
        await writeFile(
          join(clone, "apps/pushed.yaml"),
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: pushed, namespace: apps }\n",
        );
        const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
        await run(["git", "-C", clone, "add", "--all"]);
        await run(["git", "-C", clone, ...identity, "commit", "--quiet", "--message", "Add"]);
        await run(["git", "-C", clone, "push", "--quiet"]);
        await until("what was pushed is applied", () => cluster.get("/api/v1/namespaces/apps/configmaps/pushed"));

        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
        expect(await readdir(temporary)).toEqual([]);
        expect(await Bun.file(kubeconfig).exists()).toBe(false);
        await expect(cluster.get("/readyz")).rejects.toThrow();
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    },
    TIMEOUT_MS,
  );

  test(
    "it ends when whoever started it was killed",
    async () => {
      const { child, up } = start();
      await up();
      const cluster = await connect(kubeconfig);
      child.kill("SIGKILL");
      await child.exited;
      await until("nothing is left on disk", async () => (await readdir(temporary)).length === 0);
      expect(await Bun.file(kubeconfig).exists()).toBe(false);
      await expect(cluster.get("/readyz")).rejects.toThrow();
    },
    TIMEOUT_MS,
  );

  test(
    "a kubeconfig that exists is not overwritten",
    async () => {
      await writeFile(kubeconfig, "mine");
      const { child, whole } = start();
      expect(await child.exited).toBe(1);
      expect(await whole()).toContain("exists already");
      expect(await Bun.file(kubeconfig).text()).toBe("mine");
      expect(await readdir(temporary)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test("a wrong option is answered with the right ones", async () => {
    const { child, whole } = start("--seed", "many");
    expect(await child.exited).toBe(2);
    expect(await whole()).toContain("--seed takes a whole number");
  });
});

interface Answer {
  items?: unknown[];
  status?: { conditions?: { type: string; reason: string }[] };
}

/** Reads with what the kubeconfig says, as anybody would to whom it was given. */
async function connect(file: string): Promise<{ context: string; get(path: string): Promise<Answer> }> {
  const config = Bun.YAML.parse(await Bun.file(file).text()) as {
    "current-context": string;
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
  };
  const pem = (base64: string) => Buffer.from(base64, "base64").toString();
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const tls = {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
  return {
    context: config["current-context"],
    async get(path) {
      const response = await fetch(`${cluster.server}${path}`, { tls, keepalive: false });
      if (!response.ok) throw new Error(`${path} answered ${response.status}`);
      return (await response.json()) as Answer;
    },
  };
}
