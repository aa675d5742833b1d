import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { conditionOf, conditionsOf } from "./conditions.ts";
import { type Health, nodeStateOf } from "./health.ts";
import type { Json, KubeObject } from "./object.ts";
import { CRASHING, condition, deployment, live, NOW, pod } from "./test-live-objects.ts";

const READY = { conditions: [condition("Ready", "True")] };
const address = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
const stateful = (wanted: number, readyReplicas: number) =>
  live("apps/v1/StatefulSet", {
    spec: { replicas: wanted },
    status: { replicas: wanted, readyReplicas, currentReplicas: wanted, updatedReplicas: wanted },
  });
const daemons = (desired: number, numberReady: number) =>
  live("apps/v1/DaemonSet", {
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: desired,
      currentNumberScheduled: desired,
      updatedNumberScheduled: desired,
      numberAvailable: numberReady,
      numberReady,
    },
  });
const balancer = (status: Json) =>
  live("v1/Service", { spec: { type: "LoadBalancer", clusterIP: "10.0.0.1" }, status });
const set = (wanted: number, has: number) =>
  live("apps/v1/ReplicaSet", {
    spec: { replicas: wanted },
    status: { replicas: has, readyReplicas: has, availableReplicas: has, fullyLabeledReplicas: has },
  });

describe("§5.5 status and health of a node", () => {
  test.each([
    ["Deployment, all ready", deployment(2), "Ready", "Healthy"],
    ["Deployment, some ready", deployment(2, { ready: 1 }), "Progressing", "Progressing"],
    ["Deployment, none ready", deployment(2, { ready: 0 }), "Not Ready", "Degraded"],
    ["StatefulSet, all ready", stateful(2, 2), "Ready", "Healthy"],
    ["StatefulSet, some ready", stateful(2, 1), "Progressing", "Progressing"],
    ["StatefulSet, none ready", stateful(2, 0), "Not Ready", "Degraded"],
    ["DaemonSet, all ready", daemons(2, 2), "Ready", "Healthy"],
    ["DaemonSet, some ready", daemons(2, 1), "Progressing", "Progressing"],
    ["DaemonSet, none ready", daemons(2, 0), "Not Ready", "Degraded"],
    ["ReplicaSet", set(2, 2), "Unknown", "Unknown"],
    ["CronJob", live("batch/v1/CronJob"), "Unknown", "Unknown"],
    ["Pod, running", pod("Running", READY), "Running", "Healthy"],
    ["Pod, succeeded", pod("Succeeded"), "Succeeded", "Healthy"],
    ["Pod, pending", pod("Pending"), "Pending", "Progressing"],
    ["Pod, failed", pod("Failed"), "Failed", "Degraded"],
    ["Pod, unknown", pod("Unknown"), "Unknown", "Degraded"],
    ["Service", live("v1/Service", { spec: { type: "NodePort" } }), "Type: NodePort", "Healthy"],
    ["Service, load balancer with an address", balancer(address), "LoadBalancer Ready", "Healthy"],
    ["Service, load balancer without one", balancer({}), "LoadBalancer Pending", "Progressing"],
    ["Ingress with an address", live("networking.k8s.io/v1/Ingress", { status: address }), "Ready", "Healthy"],
    ["Ingress without one", live("networking.k8s.io/v1/Ingress"), "Pending", "Progressing"],
    [
      "Job, succeeded",
      live("batch/v1/Job", { status: { succeeded: 1, failed: 2, startTime: "x" } }),
      "Completed",
      "Healthy",
    ],
    ["Job, failed", live("batch/v1/Job", { status: { failed: 1, startTime: "x" } }), "Failed", "Degraded"],
    ["Job, running", live("batch/v1/Job", { status: { active: 1, startTime: "x" } }), "Running", "Progressing"],
    ["ConfigMap", live("v1/ConfigMap"), "Available", "Healthy"],
    ["Secret", live("v1/Secret"), "Available", "Healthy"],
    ["Namespace, active", live("v1/Namespace", { status: { phase: "Active" } }), "Active", "Healthy"],
  ] as [string, KubeObject, string, Health][])("%s", (_, object, status, health) => {
    expect(nodeStateOf(object, NOW)).toMatchObject({ status, health });
  });

  test("of every recorded Flux object is its raw Ready condition", () => {
    const seen = new Set<string>();
    for (const object of recordedObjects()) {
      const ready = conditionOf(conditionsOf(object), "Ready")?.status;
      const { status, health } = nodeStateOf(object, NOW);
      expect([status, health]).toEqual([
        ready ?? "Unknown",
        ready === undefined ? "Unknown" : ready === "True" ? "Healthy" : "Degraded",
      ]);
      seen.add(status);
    }
    expect([...seen].sort()).toEqual(["False", "True", "Unknown"]);
  });
});

describe("§14 Q25 what the original got wrong", () => {
  test("one that is scaled to zero is as it should be", () => {
    for (const object of [deployment(0), stateful(0, 0), daemons(0, 0)])
      expect(nodeStateOf(object, NOW)).toMatchObject({ status: "Ready", health: "Healthy", kstatus: "Current" });
  });

  test("a Pod that crashes over and over is not healthy because its phase is Running", () => {
    expect(nodeStateOf(pod("Running", CRASHING), NOW)).toEqual({
      status: "Running",
      health: "Degraded",
      kstatus: "Failed",
      message: "crash looping: worker",
    });
  });

  test("a rollout that failed is not healthy because the old Pods are ready", () => {
    const conditions = [condition("Progressing", "False", "ProgressDeadlineExceeded")];
    expect(nodeStateOf(deployment(2, { updated: 1, conditions }), NOW)).toMatchObject({ health: "Degraded" });
    expect(nodeStateOf(deployment(2, { updated: 1 }), NOW)).toMatchObject({ health: "Progressing" });
    expect(nodeStateOf(set(2, 0), NOW)).toMatchObject({ status: "Unknown", health: "Progressing" });
  });
});

test("kinds without words of their own have kstatus'", () => {
  const definition = live("apiextensions.k8s.io/v1/CustomResourceDefinition");
  expect(nodeStateOf(definition, NOW)).toMatchObject({ status: "InProgress", health: "Progressing" });
  expect(nodeStateOf(live("v1/ServiceAccount"), NOW)).toMatchObject({ status: "Current", health: "Healthy" });
  const thing = (status: string) =>
    live("example.com/v1/Thing", { status: { conditions: [condition("Ready", status)] } });
  expect(nodeStateOf(thing("True"), NOW)).toMatchObject({ status: "True", health: "Healthy" });
  expect(nodeStateOf(thing("False"), NOW)).toMatchObject({ status: "False", health: "Degraded" });
});

test("a kind of another group that Flux has too is not Flux's", () => {
  const other = live("pkg.crossplane.io/v1/Provider");
  expect(nodeStateOf(other, NOW)).toMatchObject({ status: "Current", health: "Healthy" });
  expect(nodeStateOf({ ...other, apiVersion: "notification.toolkit.fluxcd.io/v1beta3" }, NOW)).toMatchObject({
    status: "Unknown",
    health: "Unknown",
  });
});

function recordedObjects(): KubeObject[] {
  const fixtures = join(import.meta.dir, "../fixtures");
  const moments = readdirSync(fixtures, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return moments.flatMap(({ name }) =>
    gunzipSync(readFileSync(join(fixtures, name, "objects.jsonl.gz")))
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as KubeObject),
  );
}
