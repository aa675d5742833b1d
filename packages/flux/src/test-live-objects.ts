import type { Json, KubeObject } from "./object.ts";

/** When tests look at their objects. */
export const NOW = Date.parse("2026-01-02T04:00:00Z");
export const secondsAgo = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

/** An object of any kind as an API server would give it: `apps/v1/Deployment`, `v1/Pod`. */
export function live(type: string, { metadata, ...rest }: Json = {}): KubeObject {
  const at = type.lastIndexOf("/");
  return {
    apiVersion: type.slice(0, at),
    kind: type.slice(at + 1),
    metadata: {
      name: "web",
      namespace: "default",
      uid: "0",
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: secondsAgo(3600),
      ...(metadata as Json | undefined),
    },
    ...rest,
  };
}

export const condition = (type: string, status: string, reason = "", message = ""): Json => ({
  type,
  status,
  reason,
  message,
});

/** A Deployment of which so many replicas are wanted, there, ready and of the newest template. */
export const deployment = (
  wanted: number,
  has: { replicas?: number; ready?: number; updated?: number; conditions?: Json[] } = {},
): KubeObject => {
  const { replicas = wanted, ready = wanted, updated = wanted } = has;
  return live("apps/v1/Deployment", {
    spec: { replicas: wanted, progressDeadlineSeconds: 600 },
    status: {
      observedGeneration: 1,
      replicas,
      readyReplicas: ready,
      availableReplicas: ready,
      updatedReplicas: updated,
      conditions: has.conditions ?? [
        condition("Available", "True", "MinimumReplicasAvailable"),
        condition("Progressing", "True", "NewReplicaSetAvailable"),
      ],
    },
  });
};

export const pod = (phase: string | undefined, status: Json = {}, metadata: Json = {}): KubeObject =>
  live("v1/Pod", { metadata, status: { ...(phase === undefined ? {} : { phase }), ...status } });

/** Containers of which one crashes whenever it is started. */
export const CRASHING: Json = {
  containerStatuses: [
    { name: "web", ready: true, state: { running: { startedAt: secondsAgo(60) } } },
    { name: "worker", ready: false, restartCount: 7, state: { waiting: { reason: "CrashLoopBackOff" } } },
  ],
};
