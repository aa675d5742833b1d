import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:http2";
import { until } from "../processes/until.ts";
import { fleetControl } from "./control/control.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";
import { spawnSimulatedFleet } from "./spawn-simulated-fleet.ts";
import { type SimulatedFleet, startSimulatedFleet } from "./start-simulated-fleet.ts";

const KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";

let fleet: SimulatedFleet;
beforeAll(async () => {
  fleet = await startSimulatedFleet({ clusters: 9, objects: 80, seed: 7, rate: 0 });
});
afterAll(() => fleet.stop());

// biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
type Answer = any;

async function ask(cluster: Pick<SimulatedCluster, "server" | "ca" | "token">, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${cluster.token}`, ...init.headers };
  const response = await fetch(`${cluster.server}${path}`, {
    ...init,
    headers,
    tls: { ca: cluster.ca },
    keepalive: false,
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

const patch = (cluster: SimulatedCluster, path: string, body: object) =>
  ask(cluster, path, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify(body),
  });

const pathOf = ({ metadata }: Answer, collection = KUSTOMIZATIONS) =>
  `${collection.replace(/\/([^/]+)$/, `/namespaces/${metadata.namespace}/$1`)}/${metadata.name}`;

const wellOf = async (cluster: SimulatedCluster): Promise<Answer> =>
  (await ask(cluster, KUSTOMIZATIONS)).body.items.find(
    ({ status, spec }: Answer) => status?.conditions?.[0]?.status === "True" && spec.suspend !== true,
  );

describe("a simulated fleet", () => {
  test("is the same for the same seed, and its classes of clusters run the same", async () => {
    await using again = await startSimulatedFleet({ clusters: 9, objects: 80, seed: 7, rate: 0 });
    const names = ({ clusters }: SimulatedFleet) =>
      clusters.map((cluster) => [
        cluster.name,
        ...cluster.truth("Kustomization").map(({ namespace, name }) => `${namespace}/${name}`),
      ]);
    expect(names(again)).toEqual(names(fleet));
    const [first, , , , , , , , ninth] = names(fleet);
    expect(ninth!.slice(1)).toEqual(first!.slice(1));
    expect(ninth![0]).not.toBe(first![0]);
  });

  test("keeps its clusters apart: nobody's authority or token is another's", async () => {
    const [one, other] = fleet.clusters as [SimulatedCluster, SimulatedCluster];
    expect((await ask({ server: other.server, ca: other.ca, token: one.token }, "/apis")).status).toBe(401);
    await expect(ask({ server: other.server, ca: one.ca, token: other.token }, "/apis")).rejects.toThrow();
  });

  test("answers a request to reconcile as the controller would, unless its Deployment is not available", async () => {
    const cluster = fleet.clusters[1]!;
    const object = await wellOf(cluster);
    const annotations = { "reconcile.fluxcd.io/requestedAt": "2026-01-01T00:00:00Z" };
    await patch(cluster, pathOf(object), { metadata: { annotations } });
    const handled = await until("the request is handled", async () => {
      const { body } = await ask(cluster, pathOf(object));
      return body.status.lastHandledReconcileAt !== undefined && body;
    });
    expect(handled.status).toMatchObject({
      lastHandledReconcileAt: annotations["reconcile.fluxcd.io/requestedAt"],
      history: [{ totalReconciliations: object.status.history[0].totalReconciliations + 1 }],
    });

    cluster.setController("kustomize-controller", false);
    const path = "/apis/apps/v1/namespaces/flux-system/deployments/kustomize-controller";
    const { status } = (await ask(cluster, path)).body;
    expect([status.unavailableReplicas, status.conditions[0].status]).toEqual([1, "False"]);
    await patch(cluster, pathOf(object), { metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": "later" } } });
    cluster.setController("kustomize-controller", true);
    await until("the late request is handled", async () => {
      const { body } = await ask(cluster, pathOf(object));
      return body.status.lastHandledReconcileAt === "later";
    });
    const told = cluster.history(Number(handled.metadata.resourceVersion)).map(({ name }) => name);
    const back = told.lastIndexOf("kustomize-controller");
    expect(told.slice(0, back).filter((name) => name === object.metadata.name).length).toBe(1);
    expect(told.slice(back).filter((name) => name === object.metadata.name).length).toBeGreaterThan(3);
    // Two health checks of up to five seconds.
  }, 180_000);

  test("speaks HTTP/2 to clients that offer it and HTTP/1.1 to the others, whatever is asked", async () => {
    const cluster = fleet.clusters[7]!;
    const object = await wellOf(cluster);
    for (const [at, protocol] of (["http2", "http1.1"] as const).entries()) {
      const response = await fetch(`${cluster.server}${pathOf(object)}`, {
        ...{
          method: "PATCH",
          protocol,
          tls: { ca: cluster.ca },
          body: JSON.stringify({ metadata: { labels: { at: `${at}` } } }),
        },
        headers: { authorization: `Bearer ${cluster.token}`, "content-type": "application/merge-patch+json" },
      });
      expect(((await response.json()) as Answer).metadata.labels.at).toBe(`${at}`);
    }
    await expect(
      fetch(`https://127.0.0.1:${cluster.api.port}/version`, { protocol: "http2", tls: { ca: fleet.clusters[0]!.ca } }),
    ).rejects.toThrow();
  });

  test.each([
    ["waits for a client that reads slowly, and then tells everything in order", 50_000, false],
    ["ends the watch of a client that read so slowly that what it missed is forgotten", 200, true],
  ])(
    "%s",
    async (_, keptMax, isEnded) => {
      await using small = await startSimulatedFleet({ clusters: 1, objects: 100, rate: 0, keptMax });
      const cluster = small.clusters[0]!;
      const session = connect(cluster.server, { ca: cluster.ca });
      const path = `${KUSTOMIZATIONS}?watch=1&resourceVersion=${cluster.cluster.store.version}`;
      const stream = session.request({ ":path": path, authorization: `Bearer ${cluster.token}` });
      await until("the watch is open", () => cluster.api.watches.size === 1);
      cluster.burst(20_000);
      const [watch] = cluster.api.watches;
      expect(watch!.out.unread).toBeGreaterThan(500_000);
      expect(watch!.out.unread).toBeLessThan(2_000_000);
      const chunks: Buffer[] = [];
      let lines = 0;
      let ended = false;
      stream.on("data", (bytes: Buffer) => {
        chunks.push(bytes);
        for (const byte of bytes) if (byte === 10) lines++;
      });
      stream.on("end", () => {
        ended = true;
      });
      const truth = cluster.history().filter(({ kind }) => kind === "Kustomization");
      await until("everything is told", () => ended || lines === truth.length);
      expect(ended).toBe(isEnded);
      const told: string[] = Buffer.concat(chunks)
        .toString()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line).object.metadata.resourceVersion);
      if (isEnded) expect(told).toEqual([...told].sort((one, other) => Number(one) - Number(other)));
      else expect(told).toEqual(truth.map(({ resourceVersion }) => resourceVersion));
      session.destroy();
    },
    120_000,
  );

  test("deletes an object that a finalizer holds in two steps", async () => {
    const cluster = fleet.clusters[2]!;
    const object = await wellOf(cluster);
    await ask(cluster, pathOf(object), { method: "DELETE" });
    await until("it is gone", async () => (await ask(cluster, pathOf(object))).status === 404);
    const told = cluster.history().filter(({ uid }) => uid === object.metadata.uid);
    expect(told.map(({ type }) => type)).toEqual(["MODIFIED", "DELETED"]);
  });

  test("lives at the rate it is told, writes what can be read, and remembers the truth of it", async () => {
    await using lively = await startSimulatedFleet({
      clusters: 4,
      objects: 120,
      seed: 3,
      rate: 2_000,
      keptMax: 50_000,
    });
    await until("much has happened", () => lively.life.writes > 4_000);
    lively.life.rate = 0;
    for (const cluster of lively.clusters) {
      const history = cluster.history();
      const versions = history.map(({ resourceVersion }) => Number(resourceVersion));
      expect(versions).toEqual([...versions].sort((one, other) => one - other));
      expect(history.length).toBeGreaterThan(500);
      const last = new Map(history.map((entry) => [entry.uid, entry.resourceVersion]));
      for (const now of cluster.truth("Kustomization"))
        expect(last.get(now.uid) ?? now.resourceVersion).toBe(now.resourceVersion);
      for (const kind of ["kustomizations", "helmreleases"]) {
        const group = kind === "kustomizations" ? "kustomize.toolkit.fluxcd.io/v1" : "helm.toolkit.fluxcd.io/v2";
        const { body } = await ask(cluster, `/apis/${group}/${kind}`);
        expect(body.items.length).toBeGreaterThan(10);
        expect(JSON.stringify(body)).not.toContain("\u00a4");
      }
    }
  });
});

describe("a fault", () => {
  test("of status is answered with it and its Retry-After, every time or every so often", async () => {
    const cluster = fleet.clusters[3]!;
    cluster.setFaults({ status: { code: 429, retryAfterSeconds: 7 } });
    const { status, headers, body } = await ask(cluster, "/version");
    expect([status, headers.get("retry-after"), body.kind]).toEqual([429, "7", "Status"]);
    cluster.setFaults({ status: { code: 503, every: 2 } });
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await ask(cluster, "/version")).status));
    expect(statuses.sort()).toEqual([200, 200, 503, 503]);
    cluster.setFaults({});
    expect((await ask(cluster, "/version")).status).toBe(200);
  });

  test("of rights forbids one kind and leaves the others", async () => {
    const cluster = fleet.clusters[4]!;
    cluster.setFaults({ forbidden: ["Kustomization"] });
    expect((await ask(cluster, KUSTOMIZATIONS)).status).toBe(403);
    expect((await ask(cluster, "/apis/helm.toolkit.fluxcd.io/v2/helmreleases")).status).toBe(200);
    cluster.setFaults({});
  });

  test("of a connection: hanging, broken off, silent, refused, and each time as before afterwards", async () => {
    const cluster = fleet.clusters[5]!;
    const watch = async () => {
      const response = await fetch(`${cluster.server}${KUSTOMIZATIONS}?watch=1&timeoutSeconds=30`, {
        headers: { authorization: `Bearer ${cluster.token}` },
        tls: { ca: cluster.ca },
        keepalive: false,
      });
      return response.body!.getReader();
    };
    cluster.setFaults({ hang: true });
    await expect(ask(cluster, "/version", { signal: AbortSignal.timeout(200) })).rejects.toThrow("timed out");
    cluster.setFaults({});

    const broken = await watch();
    await broken.read();
    const breaking = (async () => {
      for (;;) if ((await broken.read()).done) return "ended";
    })();
    cluster.reset();
    await expect(breaking).rejects.toThrow();

    const silent = await watch();
    await silent.read();
    cluster.forgetConnections();
    cluster.burst(10);
    const fresh = await watch();
    expect((await fresh.read()).done).toBe(false);
    await fresh.cancel();
    await silent.cancel();

    await cluster.stop();
    await expect(ask(cluster, "/version")).rejects.toThrow();
    await cluster.start();
    expect((await ask(cluster, "/version")).status).toBe(200);
  });

  test("of pace: answers that drip arrive whole, watches end early, and a version that is gone may be told by status", async () => {
    const cluster = fleet.clusters[8]!;
    const whole = (await ask(cluster, "/apis")).body;
    cluster.setFaults({ bytesPerSecond: 10_000, watchMs: 1 });
    const dripping = await fetch(`${cluster.server}/apis`, {
      headers: { authorization: `Bearer ${cluster.token}` },
      tls: { ca: cluster.ca },
    });
    const chunks = await Array.fromAsync(dripping.body!, (chunk) => Buffer.from(chunk));
    expect(chunks.length).toBeGreaterThan(1);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual(whole);
    const watch = await fetch(
      `${cluster.server}${KUSTOMIZATIONS}?watch=1&resourceVersion=${cluster.cluster.store.version}`,
      {
        headers: { authorization: `Bearer ${cluster.token}` },
        tls: { ca: cluster.ca },
      },
    );
    expect(await watch.text()).toBe("");
    cluster.setFaults({});
    cluster.compact("answer");
    expect(await ask(cluster, `${KUSTOMIZATIONS}?watch=1&resourceVersion=1`)).toMatchObject({
      status: 410,
      body: { kind: "Status", reason: "Expired" },
    });
  });

  test("is none to be measured: objects say when they were sent, when they are told to", async () => {
    const cluster = fleet.clusters[8]!;
    const control = fleetControl(fleet);
    control.setStamping(true);
    cluster.burst(80);
    const told = cluster.history().find(({ kind }) => kind === "Kustomization")!;
    const { body } = await ask(cluster, pathOf({ metadata: told }));
    expect(body.metadata.annotations["simulated-fleet/emitted-at"]).toBe(String(told.at));
    control.setStamping(false);
    const { annotations } = (await ask(cluster, pathOf({ metadata: told }))).body.metadata;
    expect(annotations["simulated-fleet/emitted-at"]).toBeUndefined();
  });

  test("of content: an object that has grown, events that are none", async () => {
    const cluster = fleet.clusters[6]!;
    const object = await wellOf(cluster);
    cluster.inflate("Kustomization", object.metadata, 300_000);
    const { body } = await ask(cluster, pathOf(object));
    expect(body.metadata.annotations["simulated-fleet/filler"].length).toBe(300_000);
    const response = await fetch(
      `${cluster.server}${KUSTOMIZATIONS}?watch=1&resourceVersion=${body.metadata.resourceVersion}`,
      {
        headers: { authorization: `Bearer ${cluster.token}` },
        tls: { ca: cluster.ca },
      },
    );
    await until("the watch is open", () => cluster.api.watches.size > 0);
    for (const form of ["no name", "no object", "broken JSON", "cut off"] as const)
      cluster.sendGarbage("Kustomization", form);
    const lines = (await response.text()).split("\n");
    expect(lines.map((line) => line.slice(0, 18))).toEqual([
      '{"type":"MODIFIED"',
      '{"type":"MODIFIED"',
      '{"type":"MODIFIED"',
      '{"type":"MODIF',
    ]);
  });
});

test("a fleet in a process of its own is handled through its control port and ends when told", async () => {
  const process = await spawnSimulatedFleet({ clusters: 2, objects: 20, seed: 5, rate: 0 });
  const kubeconfig = await Bun.file(process.kubeconfigPath).json();
  const [cluster, other] = await process.fleet.clusters();
  expect(kubeconfig.contexts.map(({ name }: Answer) => name)).toEqual([cluster!.name, other!.name]);
  const control = process.cluster(cluster!.name);
  await control.setFaults({ status: { code: 500 } });
  expect((await ask(cluster!, "/version")).status).toBe(500);
  expect((await ask(other!, "/version")).status).toBe(200);
  await process.cluster(other!.name).burst(25);
  expect((await process.cluster(other!.name).history()).length).toBe(25);
  await expect(process.cluster("absent").reset()).rejects.toThrow("there is no simulated cluster absent");
  expect((await process.fleet.figures()).writes).toBe(25);
  await process.stop();
  await expect(ask(other!, "/version")).rejects.toThrow();
  expect(await Bun.file(process.kubeconfigPath).exists()).toBe(false);
});
