import { fingerprintOf, type KubeObject } from "@flux-orchestrator/flux";

export interface ObjectName {
  group: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

const INVENTORY = 12;

/** A Flux object of usual size (about 2.9 KB with its managedFields) that is reconciled again and again. */
export class LivingObject {
  #version = 1_000;
  #reconciled = 0;
  #revision: string;

  constructor(readonly of: ObjectName) {
    this.#revision = revisionOf(of, 0);
  }

  /** Reconciled without a change: only counters and times tick. What most events of a fleet are. */
  heartbeat(): this {
    this.#version++;
    this.#reconciled++;
    return this;
  }

  /** A new revision was applied. @param revision for whoever looks for it */
  news(revision?: string): this {
    this.heartbeat();
    this.#revision = revision ?? revisionOf(this.of, this.#version);
    return this;
  }

  /** As the API server sends it. */
  toObject(): KubeObject {
    const { group, kind, namespace, name, uid } = this.of;
    const at = new Date(1_767_225_600_000 + this.#version * 60_000).toISOString().replace(".000", "");
    const digest = `sha256:${fingerprintOf(`${uid} digest`).repeat(3).slice(0, 64)}`;
    return {
      apiVersion: `${group}/v1`,
      kind,
      metadata: {
        name,
        namespace,
        uid,
        resourceVersion: String(this.#version),
        generation: 1,
        creationTimestamp: "2026-01-02T03:04:05Z",
        labels: {
          "app.kubernetes.io/name": name,
          "app.kubernetes.io/part-of": namespace,
          "kustomize.toolkit.fluxcd.io/name": "tenants",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
        finalizers: ["finalizers.fluxcd.io"],
        managedFields: MANAGERS.map((manager) => ({ ...manager, apiVersion: `${group}/v1`, time: at })),
      },
      spec: {
        interval: "10m",
        retryInterval: "2m",
        timeout: "5m",
        path: `./clusters/production/${namespace}/${name}`,
        prune: true,
        wait: true,
        sourceRef: { kind: "GitRepository", name: "fleet", namespace: "flux-system" },
        postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "cluster-settings" }] },
      },
      status: {
        observedGeneration: 1,
        lastAppliedRevision: this.#revision,
        lastAttemptedRevision: this.#revision,
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "ReconciliationSucceeded",
            message: `Applied revision: ${this.#revision}`,
            lastTransitionTime: "2026-01-02T03:04:05Z",
            observedGeneration: 1,
          },
        ],
        inventory: {
          entries: Array.from({ length: INVENTORY }, (_, nth) => ({
            id: `${namespace}_${name}-${nth}_apps_Deployment`,
            v: "v1",
          })),
        },
        history: [
          {
            digest,
            firstReconciled: "2026-01-02T03:04:05Z",
            lastReconciled: at,
            lastReconciledDuration: `${200 + (this.#version % 700)}.${100 + (this.#version % 900)}ms`,
            lastReconciledStatus: "ReconciliationSucceeded",
            metadata: { revision: this.#revision },
            totalReconciliations: this.#reconciled + 1,
          },
        ],
      },
    };
  }
}

const revisionOf = ({ uid }: ObjectName, version: number): string =>
  `main@sha1:${fingerprintOf(`${uid} ${version}`).padEnd(40, "0").slice(0, 40)}`;

const fields = (...names: string[]): object => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
const MANAGERS = [
  {
    manager: "kustomize-controller",
    operation: "Apply",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:labels": fields("app.kubernetes.io/name", "app.kubernetes.io/part-of") },
      "f:spec": fields("interval", "retryInterval", "timeout", "path", "prune", "wait", "sourceRef", "postBuild"),
    },
  },
  {
    manager: "gotk-kustomize-controller",
    operation: "Update",
    subresource: "status",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:finalizers": { ".": {}, 'v:"finalizers.fluxcd.io"': {} } },
      "f:status": fields("conditions", "history", "inventory", "lastAppliedRevision", "observedGeneration"),
    },
  },
];
