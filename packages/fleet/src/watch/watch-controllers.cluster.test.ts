import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import {
  createObject,
  deleteObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  patchObject,
  patchStatus,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { Fleet } from "../start-fleet.ts";
import { clusterRow, startTestFleet, targetOf, testKeyring } from "../test-clusters.ts";
import { insertCluster } from "../test-fleet.ts";

setDefaultTimeout(180_000);
const IN_FLUX_SYSTEM = "reads-flux-system-only";
const NO_DEPLOYMENTS = "reads-no-deployments";
const FLUX = { "app.kubernetes.io/part-of": "flux" };

describe.skipIf(!(await requirement("kube-apiserver")))("the Flux controllers of a watched cluster", () => {
  const fixture = useDatabase();
  const keyring = testKeyring();
  let apiserver: KubeApiserver;
  let fleet: Fleet;
  let clusterId: string;

  const register = async (token?: string) => {
    const id = await insertCluster(fixture.database, { target: targetOf(apiserver, token), keyring });
    fleet.added(id);
    return id;
  };
  /** Read at once: a state between two writes is none. */
  const known = async (id = clusterId) => {
    const [cluster] = await fixture.database.sql<
      { read: string; doubtful: string[] | null; controllers: { name: string; state: string; since: string }[] }[]
    >`
      select controllers_read as read, doubtful_kinds as doubtful,
        (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'state', state, 'since', since) order by name), '[]')
          from cluster_controllers where cluster_id = c.id) as controllers
      from clusters c where id = ${id}::uuid`;
    return cluster!;
  };
  const untilKnown = (what: string, holds: (now: Awaited<ReturnType<typeof known>>) => boolean, id = clusterId) =>
    until(what, async () => {
      const now = await known(id);
      return holds(now) && now;
    });
  const states = (now: Awaited<ReturnType<typeof known>>) =>
    now.controllers.map(({ name, state }) => `${name} ${state}`);

  beforeAll(async () => {
    apiserver = await startKubeApiserver({
      tokens: [IN_FLUX_SYSTEM, NO_DEPLOYMENTS].map((user) => ({ token: user, user })),
    });
    await installFluxCrds(apiserver);
    for (const name of ["flux-system", "elsewhere"])
      await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const user of [IN_FLUX_SYSTEM, NO_DEPLOYMENTS]) await grant(apiserver, user, { flux: true });
    await grant(apiserver, IN_FLUX_SYSTEM, { flux: false });
    ({ fleet } = await startTestFleet(fixture.database, keyring));
    clusterId = await register();
  }, 240_000);
  afterAll(async () => {
    await fleet?.stop();
    await apiserver?.stop();
  }, 180_000);

  test("of a cluster without any nothing is said: Flux may run in another way", async () => {
    await untilKnown("they were looked for", ({ read }) => read === "everywhere");
    expect(await known()).toEqual({ read: "everywhere", doubtful: null, controllers: [] });
  });

  test("each is known with its state and since when it holds; other Deployments are not", async () => {
    await createObject(apiserver, deployment("source-controller", { available: 1 }));
    await createObject(apiserver, deployment("kustomize-controller", { available: 0 }));
    await createObject(apiserver, deployment("helm-controller", { namespace: "elsewhere", available: 1 }));
    await createObject(apiserver, deployment("notification-controller", { available: 1 }));
    await createObject(apiserver, deployment("dashboard", { available: 0 }));
    await createObject(apiserver, deployment("image-reflector-controller", { available: 0, labels: {} }));
    const now = await untilKnown(
      "all four are stored",
      ({ controllers }) =>
        controllers.length === 4 && controllers.filter(({ state }) => state === "available").length === 3,
    );
    expect(states(now)).toEqual([
      "helm-controller available",
      "kustomize-controller unavailable",
      "notification-controller available",
      "source-controller available",
    ]);
    expect(now.doubtful).toEqual(["Kustomization"]);
    expect(new Date(now.controllers[0]!.since).toISOString()).toBe(SINCE);
  });

  test("one that comes up, is scaled down or goes is told at once", async () => {
    await patchStatus(apiserver, deployment("kustomize-controller"), statusOf(1));
    await untilKnown("it is available", ({ doubtful }) => doubtful?.length === 0);
    await patchObject(apiserver, deployment("source-controller"), { spec: { replicas: 0 } });
    const down = await untilKnown("it is scaled down", (now) => states(now).includes("source-controller scaled-down"));
    expect(down.doubtful).toEqual(["Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"]);
    await deleteObject(apiserver, deployment("helm-controller", { namespace: "elsewhere" }));
    await untilKnown(
      "it is gone",
      ({ doubtful, controllers }) => controllers.length === 3 && doubtful!.includes("HelmRelease"),
    );
  });

  test("a state that goes on keeps its time over a new list", async () => {
    const before = await known();
    await fleet.resync(clusterId);
    await createObject(apiserver, deployment("source-watcher", { available: 0 }));
    const now = await untilKnown("what came after the list is stored", ({ controllers }) => controllers.length === 4);
    expect(now.controllers.filter(({ name }) => name !== "source-watcher")).toEqual(before.controllers);
  });

  test("a credential for Flux's own namespace sees those there; one without the right says so", async () => {
    const narrow = await register(IN_FLUX_SYSTEM);
    const blind = await register(NO_DEPLOYMENTS);
    const seen = await untilKnown("flux-system is read", ({ controllers }) => controllers.length > 0, narrow);
    expect([seen.read, states(seen)]).toEqual(["namespace", states(await known())]);
    await untilKnown("it is refused", ({ read }) => read === "forbidden", blind);
    expect(await known(blind)).toEqual({ read: "forbidden", doubtful: null, controllers: [] });
    await until(
      "it is watched all the same",
      async () => (await clusterRow(fixture.database, blind)).stream === "live",
    );
    await fleet.probe(blind);
    const [row] = await fixture.database.sql<
      { rights: object[] }[]
    >`select rights from clusters where id = ${blind}::uuid`;
    expect(row!.rights).toContainEqual({
      feature: "See whether the Flux controllers run",
      allowed: "no",
      detail: "Whether anybody reconciles the objects is not known.",
    });
  });
});

const SINCE = "2026-01-02T03:04:05.000Z";
const statusOf = (available: number) => ({
  replicas: 1,
  ...(available === 0 ? {} : { readyReplicas: available, availableReplicas: available }),
  conditions: [
    {
      type: "Available",
      status: available > 0 ? "True" : "False",
      reason: "Test",
      message: "",
      lastTransitionTime: SINCE,
      lastUpdateTime: SINCE,
    },
  ],
});

function deployment(
  name: string,
  {
    namespace = "flux-system",
    labels = FLUX,
    available,
  }: { namespace?: string; labels?: Record<string, string>; available?: number } = {},
): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "manager", image: `ghcr.io/fluxcd/${name}:v1.9.4` }] },
      },
    },
    ...(available === undefined ? {} : { status: statusOf(available) }),
  };
}

/** Reading every Flux object, or the Deployments of flux-system. */
async function grant(apiserver: KubeApiserver, user: string, { flux }: { flux: boolean }): Promise<void> {
  const name = `${user}-${flux ? "flux" : "deployments"}`;
  const where = flux ? {} : { namespace: "flux-system" };
  const role = flux ? "ClusterRole" : "Role";
  const [groups, resources] = flux
    ? [
        [
          "source.toolkit.fluxcd.io",
          "kustomize.toolkit.fluxcd.io",
          "helm.toolkit.fluxcd.io",
          "notification.toolkit.fluxcd.io",
        ],
        ["*"],
      ]
    : [["apps"], ["deployments"]];
  await createObject(apiserver, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: role,
    metadata: { name, ...where },
    rules: [{ apiGroups: groups, resources, verbs: ["list", "watch"] }],
  });
  await createObject(apiserver, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: `${role}Binding`,
    metadata: { name, ...where },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: role, name },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }],
  });
}
