import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  conditionOf,
  createNamespace,
  createObject,
  FAILING_POD_LABEL,
  type FluxCluster,
  getObject,
  type KubeObject,
  kubeRequest,
  requirement,
  SEEDED_LABEL,
  seedObjects,
  startFluxCluster,
  untilObject,
  untilReady,
} from "./index.ts";

const TIMEOUT_MS = 180_000;

describe.skipIf(!(await requirement("flux")))("the real Flux controllers", () => {
  let cluster: FluxCluster;
  beforeAll(async () => {
    cluster = await startFluxCluster({ labelSelector: `!${SEEDED_LABEL}` });
  }, TIMEOUT_MS);
  afterAll(() => cluster?.stop(), TIMEOUT_MS);

  test(
    "a commit is applied, and the next one becomes the new revision",
    async () => {
      const { apiserver, git } = cluster;
      const namespace = await createNamespace(apiserver);
      const first = await git.commit("app", { "deploy/app.yaml": deployment("web") });
      const source = { kind: "GitRepository", name: "app" };
      await createObject(apiserver, {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata: { name: "app", namespace },
        spec: { interval: "1s", url: git.url("app"), ref: { branch: "main" } },
      });
      const kustomization = await createObject(apiserver, {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name: "app", namespace },
        spec: {
          interval: "1h",
          prune: true,
          wait: true,
          path: "./deploy",
          sourceRef: source,
          targetNamespace: namespace,
        },
      });
      const ready = await untilReady(apiserver, kustomization);
      expect(ready.status.lastAppliedRevision).toBe(`main@sha1:${first}`);
      const pods = await kubeRequest<{ items: KubeObject[] }>(apiserver, "GET", `/api/v1/namespaces/${namespace}/pods`);
      const pod = pods.items[0]?.metadata.name;
      expect(await kubeRequest<string>(apiserver, "GET", `/api/v1/namespaces/${namespace}/pods/${pod}/log`)).toContain(
        "started",
      );

      const second = await git.commit("app", { "deploy/app.yaml": deployment("web", 2) });
      const isNext = (seen: KubeObject) => seen.status?.lastAppliedRevision === `main@sha1:${second}`;
      await untilObject(apiserver, kustomization, isNext);
    },
    TIMEOUT_MS,
  );

  test(
    "a published chart is released, also after its controller was killed",
    async () => {
      const { apiserver, helm, controllers } = cluster;
      const namespace = await createNamespace(apiserver);
      await helm.publish({
        name: "greeter",
        version: "1.0.0",
        templates: { "map.yaml": CONFIG_MAP },
        values: { greeting: "hello" },
      });
      await createObject(apiserver, {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "HelmRepository",
        metadata: { name: "charts", namespace },
        spec: { interval: "1m", url: helm.url },
      });
      await controllers.kill("helm");
      const release = await createObject(apiserver, {
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name: "greeter", namespace },
        spec: {
          interval: "1m",
          chart: { spec: { chart: "greeter", version: "1.x", sourceRef: { kind: "HelmRepository", name: "charts" } } },
        },
      });
      await controllers.start("helm");
      expect((await untilReady(apiserver, release)).status.history[0].chartVersion).toBe("1.0.0");
    },
    TIMEOUT_MS,
  );

  test(
    "a Deployment whose pods cannot start fails its Kustomization",
    async () => {
      const { apiserver, git } = cluster;
      const namespace = await createNamespace(apiserver);
      await git.commit("sick", { "app.yaml": deployment("sick", 1, FAILING_POD_LABEL) });
      await createObject(apiserver, {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata: { name: "sick", namespace },
        spec: { interval: "1m", url: git.url("sick"), ref: { branch: "main" } },
      });
      const kustomization = await createObject(apiserver, {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name: "sick", namespace },
        spec: {
          interval: "1h",
          prune: true,
          wait: true,
          timeout: "30s",
          path: "./",
          sourceRef: { kind: "GitRepository", name: "sick" },
          targetNamespace: namespace,
        },
      });
      await untilObject(apiserver, kustomization, (seen) => conditionOf(seen, "Ready")?.reason === "HealthCheckFailed");
    },
    TIMEOUT_MS,
  );

  test(
    "seeded objects stay as they were seeded, also after every controller started anew",
    async () => {
      const { apiserver, controllers, git } = cluster;
      const seeded = await seedObjects(apiserver, { count: 120, seed: 11 });
      const versions = async () => {
        const stored = await Promise.all(seeded.map((object) => getObject(apiserver, object)));
        return stored.map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`);
      };
      const before = await versions();
      // A controller that starts looks at everything it can see, in order of arrival.
      for (const controller of ["source", "kustomize", "helm", "notification"] as const)
        await controllers.start(controller);
      const namespace = await createNamespace(apiserver);
      await git.commit("after", { "map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: after }\n" });
      await createObject(apiserver, {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata: { name: "after", namespace },
        spec: { interval: "1m", url: git.url("after"), ref: { branch: "main" } },
      });
      const kustomization = await createObject(apiserver, {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name: "after", namespace },
        spec: {
          interval: "1h",
          prune: true,
          path: "./",
          sourceRef: { kind: "GitRepository", name: "after" },
          targetNamespace: namespace,
        },
      });
      await untilReady(apiserver, kustomization);
      expect(await versions()).toEqual(before);
    },
    TIMEOUT_MS,
  );
});

const CONFIG_MAP = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting }}
`;

function deployment(name: string, replicas = 1, label = "flux-orchestrator/plain"): string {
  const labels = { app: name, [label]: "true" };
  return Bun.YAML.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      // Flux gives up at once on a Deployment that has stalled.
      progressDeadlineSeconds: 3,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "example.com/app:1" }] } },
    },
  });
}
