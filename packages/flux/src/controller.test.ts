import { expect, test } from "bun:test";
import { controllerOf } from "./controller.ts";
import { controllerProblem } from "./controller-problem.ts";
import type { Json, KubeObject } from "./object.ts";
import { doubtfulKinds, kindsOfController, unreconciledBecause } from "./reconciled-by.ts";

const AT = "2026-11-26T04:00:00Z";

function deployment(
  own: {
    name?: string;
    image?: string;
    args?: string[];
    replicas?: number;
    labels?: Record<string, string>;
    status?: Json;
  } = {},
): KubeObject {
  const { name = "kustomize-controller", image = `ghcr.io/fluxcd/${name}:v1.9.4`, args = [], replicas, status } = own;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "flux-system", uid: name, resourceVersion: "1", labels: own.labels ?? {} },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      template: {
        spec: {
          containers: [
            { name: "proxy", image: "envoy" },
            { name: "manager", image, args },
          ],
        },
      },
    },
    status: status ?? up(replicas ?? 1),
  };
}
const available = (status: string) => ({ type: "Available", status, lastTransitionTime: AT });
const up = (replicas: number): Json => ({ availableReplicas: replicas, conditions: [available("True")] });
const DOWN: Json = { replicas: 1, conditions: [available("False")] };

test("a Deployment says which controller it is, in which version, what it looks at and since when it is available", () => {
  expect(controllerOf(deployment())).toEqual({
    namespace: "flux-system",
    name: "kustomize-controller",
    controller: "kustomize-controller",
    version: "v1.9.4",
    desired: 1,
    available: 1,
    state: "available",
    since: AT,
    selector: null,
    onlyNamespace: null,
  });
  const shard = deployment({
    name: "kustomize-controller-shard1",
    image: "registry:5000/fluxcd/kustomize-controller:v1.9.4@sha256:ab12",
    args: [
      "--watch-label-selector=!x",
      "--watch-label-selector",
      "sharding.fluxcd.io/key=shard1",
      "--watch-all-namespaces=false",
    ],
  });
  expect(controllerOf(shard)).toMatchObject({
    name: "kustomize-controller-shard1",
    controller: "kustomize-controller",
    version: "v1.9.4",
    selector: "sharding.fluxcd.io/key=shard1",
    onlyNamespace: "flux-system",
  });
  const mirrored = deployment({
    image: "mirror/kc@sha256:ab12",
    labels: { "app.kubernetes.io/component": "kustomize-controller" },
  });
  expect(controllerOf(mirrored)).toMatchObject({ controller: "kustomize-controller", version: null });
});

test("another Deployment with Flux's label is none of its controllers", () => {
  expect(controllerOf(deployment({ name: "dashboard" }))).toBeNull();
  expect(controllerOf({ ...deployment(), spec: {} })).toBeNull();
});

test("availability is what the numbers say: no replicas wanted is down on purpose, and a stale condition is not believed", () => {
  const stateOf = (own: Parameters<typeof deployment>[0]) => {
    const { state, since } = controllerOf(deployment(own))!;
    return [state, since];
  };
  expect(stateOf({ status: DOWN })).toEqual(["unavailable", AT]);
  expect(stateOf({ replicas: 0, status: up(0) })).toEqual(["scaled-down", null]);
  // Scaled up a moment ago.
  expect(stateOf({ replicas: 1, status: up(0) })).toEqual(["unavailable", null]);
  expect(stateOf({ status: {} })).toEqual(["unavailable", null]);
  expect(stateOf({ replicas: 3, status: { availableReplicas: 1, conditions: [available("False")] } })).toEqual([
    "unavailable",
    AT,
  ]);
});

const kustomization = (labels: Record<string, string> = {}, namespace = "apps") => ({
  kind: "Kustomization",
  namespace,
  labels,
});
const read = (...deployments: KubeObject[]) => deployments.map((one) => controllerOf(one)!);

test("an object is reconciled by an available controller that looks at it, and by no other", () => {
  const main = { args: ["--watch-label-selector=!sharding.fluxcd.io/key"] };
  const shard1 = {
    name: "kustomize-controller-shard1",
    image: "x/kustomize-controller:v1",
    args: ["--watch-label-selector=sharding.fluxcd.io/key=shard1"],
  };
  const both = read(deployment(main), deployment({ ...shard1, status: DOWN }));
  expect(unreconciledBecause(kustomization(), both)).toBeNull();
  expect(unreconciledBecause(kustomization({ "sharding.fluxcd.io/key": "shard1" }), both)).toBe(
    "kustomize-controller-shard1 is down",
  );
  expect(unreconciledBecause(kustomization({ "sharding.fluxcd.io/key": "shard9" }), both)).toBe(
    "no kustomize-controller has the shard shard9",
  );
  expect(unreconciledBecause({ kind: "HelmRelease", namespace: "apps", labels: {} }, both)).toBe(
    "there is no helm-controller",
  );
  expect(unreconciledBecause(kustomization(), read(deployment({ replicas: 0 })))).toBe(
    "kustomize-controller is scaled to 0",
  );
  const own = read(deployment({ args: ["--watch-all-namespaces=false"] }));
  expect(unreconciledBecause(kustomization({}, "flux-system"), own)).toBeNull();
  expect(unreconciledBecause(kustomization(), own)).toBe("no kustomize-controller looks at it");
  // Two of the same: one is enough.
  expect(
    unreconciledBecause(
      kustomization(),
      read(deployment({ status: DOWN }), deployment({ name: "second", image: "x/kustomize-controller:v1" })),
    ),
  ).toBeNull();
  expect(
    unreconciledBecause(kustomization(), read(deployment({ status: {}, args: ["--watch-label-selector=(("] }))),
  ).toBe("kustomize-controller is down");
});

test("kinds that no controller reconciles are never called unreconciled", () => {
  for (const kind of ["Alert", "Provider", "ExternalArtifact", "Pod"])
    expect(unreconciledBecause({ kind, namespace: "apps", labels: {} }, [])).toBeNull();
});

test("kinds are in doubt when an instance of their controller is missing or down", () => {
  const controllers = read(deployment({ status: DOWN }), deployment({ name: "source-controller" }));
  expect(doubtfulKinds(["Kustomization", "GitRepository", "HelmRelease", "Alert"], controllers)).toEqual([
    "Kustomization",
    "HelmRelease",
  ]);
  expect(kindsOfController("notification-controller")).toEqual(["Receiver"]);
});

test("what is wrong is said with what it means and what to do", () => {
  expect(controllerProblem(read(deployment()))).toBeNull();
  expect(controllerProblem(read(deployment({ status: DOWN })))).toEqual({
    message: "kustomize-controller in flux-system has 0 of 1 replicas: Kustomizations there are not reconciled.",
    hint: "See why its pods do not run: kubectl -n flux-system describe deployment/kustomize-controller",
  });
  expect(controllerProblem(read(deployment({ replicas: 0, args: ["--watch-label-selector=team=a"] })))).toEqual({
    message:
      "kustomize-controller in flux-system is scaled to 0 replicas: Kustomizations with team=a are not reconciled.",
    hint: "Scale it up again when it is time: kubectl -n flux-system scale deployment/kustomize-controller --replicas=1",
  });
  expect(
    controllerProblem(read(deployment({ status: DOWN }), deployment({ name: "source-controller", status: DOWN })))
      ?.message,
  ).toBe(
    "2 Flux controllers do not run (kustomize-controller, source-controller): Kustomizations, GitRepositories, OCIRepositories, Buckets, HelmRepositories and HelmCharts are not reconciled.",
  );
  expect(controllerProblem([], ["helm-controller"])?.message).toBe(
    "There is no helm-controller: HelmReleases are not reconciled.",
  );
  expect(controllerProblem(read(deployment({ status: DOWN })), ["helm-controller"])?.message).toBe(
    "2 Flux controllers do not run (kustomize-controller, helm-controller): Kustomizations and HelmReleases are not reconciled.",
  );
});
