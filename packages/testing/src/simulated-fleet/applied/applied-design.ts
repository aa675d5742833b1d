import { createHash } from "node:crypto";
import type { FluxDesign } from "../objects/flux-design.ts";
import { type Json, recordOf } from "../objects/json.ts";
import { type Design, isoSeconds, type Revision } from "../objects/revision.ts";
import { apiVersionOf, type ServedResource } from "../server/served-resources.ts";

/** Containers of what is applied run one of these. */
const IMAGES = ["nginx:1.29.3", "redis:8.2.2", "postgres:18.1", "envoyproxy/envoy:v1.36.2", "grafana/grafana:12.2.1"];
const REPLICAS_MAX = 3;

/** An object that an applier's inventory names: nothing is kept of it but its name, the rest follows from that. */
export class AppliedDesign implements Design {
  readonly key: string;

  constructor(
    readonly applier: FluxDesign,
    readonly resource: ServedResource,
    readonly namespace: string,
    readonly name: string,
  ) {
    this.key = `${namespace}/${name}`;
  }

  /** Of a Deployment: how many pods it asks for at first. */
  get replicas(): number {
    const chosen = recordOf(this.applier.spec["values"])["replicaCount"];
    return typeof chosen === "number" ? chosen : 1 + (this.#digit(0) % REPLICAS_MAX);
  }
  get image(): string {
    return IMAGES[this.#digit(1) % IMAGES.length]!;
  }

  render(revision: Revision): string {
    const { resource, namespace, name } = this;
    return JSON.stringify({
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        name,
        ...(resource.namespaced ? { namespace } : {}),
        ...ownMetadata(revision),
        ...(resource.kind === "Deployment" || resource.kind === "Ingress" ? { generation: revision.generation } : {}),
        labels: { ...this.#labels(), "app.kubernetes.io/name": this.applier.name },
      },
      ...this.#fields(revision),
    });
  }

  /** As who applied it marks what is its own. */
  #labels(): Record<string, string> {
    const { kind, namespace, name } = this.applier;
    const group =
      kind === "Kustomization"
        ? "kustomize.toolkit.fluxcd.io"
        : kind === "HelmRelease"
          ? "helm.toolkit.fluxcd.io"
          : "resourceset.fluxcd.controlplane.io";
    return {
      [`${group}/name`]: name,
      [`${group}/namespace`]: namespace,
      ...(kind === "HelmRelease" ? { "app.kubernetes.io/managed-by": "Helm" } : {}),
    };
  }

  #fields(revision: Revision): Json {
    const { name } = this;
    const app = { app: name };
    switch (this.resource.kind) {
      case "Deployment":
        return this.#deployment(revision);
      case "Service":
        return {
          spec: {
            ...{ type: "ClusterIP", clusterIP: `10.96.${this.#digit(2)}.${this.#digit(3)}`, selector: app },
            ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
          },
          status: { loadBalancer: {} },
        };
      case "ConfigMap":
        return { data: { "log-level": "info", tenant: this.applier.namespace } };
      case "Ingress": {
        const backend = { service: { name, port: { number: 80 } } };
        const path = { path: "/", pathType: "Prefix", backend };
        return {
          spec: { rules: [{ host: `${name}.${this.namespace}.example.com`, http: { paths: [path] } }] },
          status: { loadBalancer: { ingress: [{ ip: "203.0.113.10" }] } },
        };
      }
      case "ClusterRole":
        return { rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }] };
      default:
        return {};
    }
  }

  #deployment(revision: Revision): Json {
    const { name } = this;
    const { replicas, template } = workloadOf(revision, this);
    const ready = revision.word === "Failed" ? Math.max(0, replicas - 1) : replicas;
    const isWhole = ready === replicas;
    const condition = (type: string, status: boolean, reason: string, message: string) => ({
      ...{ type, status: status ? "True" : "False", reason, message },
      ...{ lastTransitionTime: isoSeconds(revision.at), lastUpdateTime: isoSeconds(revision.at) },
    });
    return {
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
        progressDeadlineSeconds: 600,
        template: { metadata: { labels: { app: name } }, spec: podSpec(this) },
      },
      status: {
        observedGeneration: revision.generation,
        ...{ replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready },
        ...(isWhole ? {} : { unavailableReplicas: replicas - ready }),
        conditions: [
          condition(
            "Available",
            isWhole,
            isWhole ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            isWhole ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
          ),
          isWhole
            ? condition(
                "Progressing",
                true,
                "NewReplicaSetAvailable",
                `ReplicaSet "${name}-${template}" has successfully progressed.`,
              )
            : condition("Progressing", true, "ReplicaSetUpdated", `ReplicaSet "${name}-${template}" is progressing.`),
        ],
      },
    };
  }

  #digit(place: number): number {
    this.#digest ??= digestOf(this.applier.given.seed, this.resource.kind, this.key);
    return this.#digest[place]!;
  }
  #digest: Buffer | undefined;
}

/** How many pods a Deployment asks for, and the name of their template: a new one when somebody changed it. */
export function workloadOf(revision: Revision, design: AppliedDesign): { replicas: number; template: string } {
  const spec = recordOf(recordOf(revision.overlay)["spec"]);
  const changed = spec["template"];
  return {
    replicas: typeof spec["replicas"] === "number" ? spec["replicas"] : design.replicas,
    template: inLetters(digestOf(design.key, changed === undefined ? "" : JSON.stringify(changed)), 9),
  };
}

export const podSpec = ({ image, name }: AppliedDesign): Json => ({
  containers: [
    {
      ...{ name: "app", image, ports: [{ name: "http", containerPort: 8080 }] },
      resources: { requests: { cpu: "50m", memory: "64Mi" } },
    },
  ],
  serviceAccountName: name,
});

/** What every object has that an API server keeps. */
export const ownMetadata = ({ object, version }: Revision): Json => ({
  ...{ uid: object.uid, resourceVersion: String(version), creationTimestamp: isoSeconds(object.createdAt) },
});

export const digestOf = (...parts: readonly (string | number)[]): Buffer =>
  createHash("sha256").update(parts.join("\0")).digest();

/** As Kubernetes makes names safe: without vowels and what could be taken for one. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";
export const inLetters = (digest: Buffer, count: number): string =>
  Array.from(digest.subarray(0, count), (byte) => LETTERS[byte % LETTERS.length]).join("");
