import { describe, expect, test } from "bun:test";
import { type Kstatus, kstatusOf } from "./kstatus.ts";
import type { Json, KubeObject } from "./object.ts";
import { CRASHING, condition, deployment, live, NOW, pod, secondsAgo } from "./test-live-objects.ts";

type Row = [what: string, object: KubeObject, kstatus: Kstatus, message: string];

const table = (rows: Row[]) =>
  test.each(rows)("%s", (_, object, kstatus, message) => {
    expect(kstatusOf(object, NOW)).toEqual({ kstatus, message });
  });

const replicas = (kind: string, spec: Json, status: Json) =>
  live(`apps/v1/${kind}`, { spec, status: { observedGeneration: 1, ...status } });
const stateful = (status: Json, spec: Json = {}) =>
  replicas(
    "StatefulSet",
    { replicas: 3, ...spec },
    {
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: "a",
      updateRevision: "a",
      ...status,
    },
  );
const daemons = (status: Json) =>
  replicas(
    "DaemonSet",
    {},
    {
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      numberReady: 3,
      ...status,
    },
  );
const set = (status: Json, wanted = 2) =>
  replicas(
    "ReplicaSet",
    { replicas: wanted },
    {
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      fullyLabeledReplicas: 2,
      ...status,
    },
  );

describe("kstatus of a Deployment", () => {
  const starting = [condition("Available", "False"), condition("Progressing", "True", "ReplicaSetUpdated")];
  table([
    ["all of it is there", deployment(2), "Current", ""],
    ["none is wanted", deployment(0), "Current", ""],
    [
      "it has no Pod yet",
      deployment(2, { replicas: 0, ready: 0, updated: 0, conditions: starting }),
      "InProgress",
      "replicas: 0/2",
    ],
    ["old Pods are left to replace", deployment(2, { updated: 1 }), "InProgress", "updated: 1/2"],
    ["old Pods are left to end", deployment(2, { replicas: 3 }), "InProgress", "pending termination: 1"],
    ["a Pod is not ready", deployment(2, { ready: 1 }), "InProgress", "available: 1/2"],
    [
      "its deadline is over",
      deployment(2, { ready: 1, conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded")] }),
      "Failed",
      "progress deadline exceeded",
    ],
    [
      "its new ReplicaSet is not available",
      deployment(2, { conditions: starting }),
      "InProgress",
      "its new ReplicaSet is not available",
    ],
    [
      "not available",
      deployment(2, { conditions: [condition("Progressing", "True", "NewReplicaSetAvailable")] }),
      "InProgress",
      "not available",
    ],
    [
      "without a deadline nothing has to be said of progress",
      { ...deployment(1, { conditions: [condition("Available", "True")] }), spec: { replicas: 1 } },
      "Current",
      "",
    ],
    [
      "its controller has not seen the newest spec",
      { ...deployment(2), metadata: { ...deployment(2).metadata, generation: 2 } },
      "InProgress",
      "generation 2 is not observed yet",
    ],
    [
      "it is being deleted",
      { ...deployment(2), metadata: { ...deployment(2).metadata, deletionTimestamp: secondsAgo(1) } },
      "Terminating",
      "is being deleted",
    ],
  ]);
});

describe("kstatus of other workloads", () => {
  table([
    ["a ReplicaSet with all its Pods", set({}), "Current", ""],
    [
      "a ReplicaSet of an old revision",
      set({ replicas: 0, readyReplicas: 0, availableReplicas: 0, fullyLabeledReplicas: 0 }, 0),
      "Current",
      "",
    ],
    [
      "a ReplicaSet that may not make Pods",
      set({ conditions: [condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota")] }),
      "InProgress",
      "exceeded quota",
    ],
    ["a ReplicaSet with a Pod that is not available", set({ availableReplicas: 1 }), "InProgress", "available: 1/2"],
    ["a StatefulSet with all its Pods", stateful({}), "Current", ""],
    ["a StatefulSet with a Pod too few", stateful({ replicas: 2 }), "InProgress", "replicas: 2/3"],
    ["a StatefulSet with a Pod that is not ready", stateful({ readyReplicas: 2 }), "InProgress", "ready: 2/3"],
    ["a StatefulSet with a Pod too many", stateful({ replicas: 4 }), "InProgress", "pending termination: 1"],
    [
      "a StatefulSet that is rolled out",
      stateful({ updateRevision: "b" }),
      "InProgress",
      "its revision is being rolled out",
    ],
    [
      "a StatefulSet rolled out up to its partition",
      stateful({ updatedReplicas: 1, updateRevision: "b" }, { updateStrategy: { rollingUpdate: { partition: 2 } } }),
      "Current",
      "",
    ],
    [
      "a StatefulSet rolled out not up to its partition",
      stateful({ updatedReplicas: 0 }, { updateStrategy: { rollingUpdate: { partition: 2 } } }),
      "InProgress",
      "updated: 0/1",
    ],
    [
      "a StatefulSet whose Pods are replaced by hand",
      stateful({ readyReplicas: 0 }, { updateStrategy: { type: "OnDelete" } }),
      "Current",
      "",
    ],
    ["a DaemonSet on every node", daemons({}), "Current", ""],
    ["a DaemonSet in a cluster without nodes for it", daemons({ desiredNumberScheduled: 0 }), "Current", ""],
    ["a DaemonSet that is not on every node yet", daemons({ currentNumberScheduled: 1 }), "InProgress", "current: 1/3"],
    ["a DaemonSet with a Pod that is not ready", daemons({ numberReady: 2 }), "InProgress", "ready: 2/3"],
    ["a DaemonSet nobody has looked at", live("apps/v1/DaemonSet"), "InProgress", "not observed yet"],
  ]);
});

describe("kstatus of a Pod", () => {
  const unschedulable = { conditions: [condition("PodScheduled", "False", "Unschedulable")] };
  table([
    ["it is ready", pod("Running", { conditions: [condition("Ready", "True")] }), "Current", ""],
    [
      "it runs and is not ready",
      pod("Running", { conditions: [condition("Ready", "False")] }),
      "InProgress",
      "runs, but is not ready",
    ],
    ["a container crashes", pod("Running", CRASHING), "Failed", "crash looping: worker"],
    ["it has completed", pod("Succeeded"), "Current", "has completed"],
    ["it has failed", pod("Failed"), "Current", "has completed, but not successfully"],
    ["it is pending", pod("Pending"), "InProgress", "pending"],
    ["it finds no node", pod("Pending", unschedulable), "Failed", "finds no node"],
    [
      "it has looked for a node for ten seconds",
      pod("Pending", unschedulable, { creationTimestamp: secondsAgo(10) }),
      "InProgress",
      "not scheduled yet",
    ],
    ["the kubelet has not seen it", pod(undefined), "InProgress", "not observed yet"],
    ["its phase is none that Kubernetes has", pod("Dreaming"), "Unknown", "in a phase that is not known"],
  ]);
});

describe("kstatus of what is no workload", () => {
  const definition = (...conditions: Json[]) =>
    live("apiextensions.k8s.io/v1/CustomResourceDefinition", { status: { conditions } });
  const job = (status: Json) => live("batch/v1/Job", { status });
  table([
    ["a Job that has completed", job({ conditions: [condition("Complete", "True")] }), "Current", "completed"],
    [
      "a Job that has failed",
      job({ conditions: [condition("Failed", "True", "BackoffLimitExceeded", "three times")] }),
      "Failed",
      "three times",
    ],
    ["a Job that is suspended", job({ conditions: [condition("Suspended", "True")] }), "Current", "is suspended"],
    ["a Job that runs", job({ startTime: secondsAgo(5) }), "Current", "runs"],
    ["a Job that has not started", job({}), "InProgress", "not started yet"],
    ["a CronJob", live("batch/v1/CronJob"), "Current", ""],
    ["a claim that is bound", live("v1/PersistentVolumeClaim", { status: { phase: "Bound" } }), "Current", ""],
    [
      "a claim that waits",
      live("v1/PersistentVolumeClaim", { status: { phase: "Pending" } }),
      "InProgress",
      "not bound yet",
    ],
    ["a Service", live("v1/Service", { spec: { type: "ClusterIP" } }), "Current", ""],
    [
      "a load balancer without a cluster IP",
      live("v1/Service", { spec: { type: "LoadBalancer" } }),
      "InProgress",
      "has no cluster IP yet",
    ],
    ["a ConfigMap", live("v1/ConfigMap", { data: {} }), "Current", ""],
    ["an Ingress", live("networking.k8s.io/v1/Ingress"), "Current", ""],
    [
      "a CRD that is established",
      definition(condition("NamesAccepted", "True"), condition("Established", "True")),
      "Current",
      "",
    ],
    [
      "a CRD whose names are taken",
      definition(condition("NamesAccepted", "False", "ListKindConflict", "taken")),
      "Failed",
      "taken",
    ],
    [
      "a CRD that is being installed",
      definition(condition("Established", "False", "Installing")),
      "InProgress",
      "is being installed",
    ],
    ["an object without a status", live("v1/ServiceAccount"), "Current", ""],
    [
      "any object that says it is reconciled",
      live("example.com/v1/Thing", {
        status: { conditions: [condition("Reconciling", "True", "", "at it"), condition("Ready", "True")] },
      }),
      "InProgress",
      "at it",
    ],
    [
      "any object that says it is stalled",
      live("example.com/v1/Thing", { status: { conditions: [condition("Stalled", "True", "", "given up")] } }),
      "Failed",
      "given up",
    ],
    [
      "any object that is Ready",
      live("example.com/v1/Thing", { status: { conditions: [condition("Ready", "True")] } }),
      "Current",
      "",
    ],
    [
      "any object that is not Ready",
      live("example.com/v1/Thing", { status: { conditions: [condition("Ready", "False", "", "no")] } }),
      "InProgress",
      "no",
    ],
  ]);
});

test("an object of odd fields has a state all the same", () => {
  const odd = {
    status: { conditions: "none", replicas: "many", phase: 7, containerStatuses: [null, { state: 3 }] },
    spec: [],
  };
  for (const type of [
    "apps/v1/Deployment",
    "apps/v1/StatefulSet",
    "apps/v1/DaemonSet",
    "v1/Pod",
    "batch/v1/Job",
    "v1/Service",
  ])
    expect(kstatusOf(live(type, odd), NOW).kstatus).toBeOneOf(["InProgress", "Current"]);
});
