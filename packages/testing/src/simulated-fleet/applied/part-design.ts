import { type Design, isoSeconds, type Revision, type StoredObject } from "../objects/revision.ts";
import { apiVersionOf, resourceOfKind, type ServedResource } from "../server/served-resources.ts";
import { type AppliedDesign, ownMetadata, podSpec, workloadOf } from "./applied-design.ts";

const REPLICA_SETS = resourceOfKind("ReplicaSet");
const PODS = resourceOfKind("Pod");

/** What a controller of the cluster makes of an owner: the ReplicaSet of a Deployment, a pod of a ReplicaSet. */
abstract class PartDesign implements Design {
  abstract readonly resource: ServedResource;
  readonly namespace: string;
  readonly key: string;

  constructor(
    /** The Deployment behind it. */
    readonly deployment: StoredObject,
    readonly design: AppliedDesign,
    readonly owner: { readonly kind: string; readonly name: string; readonly uid: string },
    readonly name: string,
  ) {
    this.namespace = design.namespace;
    this.key = `${design.namespace}/${name}`;
  }

  abstract render(revision: Revision): string;

  protected whole(revision: Revision, labels: object, fields: object): string {
    const { resource, namespace, name, owner } = this;
    const reference = { apiVersion: "apps/v1", kind: owner.kind, name: owner.name, uid: owner.uid };
    return JSON.stringify({
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        ...{ name, namespace, ...ownMetadata(revision), labels },
        ...(resource === REPLICA_SETS ? { generation: revision.generation } : {}),
        ownerReferences: [{ ...reference, controller: true, blockOwnerDeletion: true }],
      },
      ...fields,
    });
  }
}

export class ReplicaSetDesign extends PartDesign {
  readonly resource = REPLICA_SETS;

  render(revision: Revision): string {
    const { design, deployment } = this;
    const { replicas, template } = workloadOf(deployment.latest, design);
    const ready = deployment.latest.word === "Failed" ? Math.max(0, replicas - 1) : replicas;
    const labels = { app: design.name, "pod-template-hash": template };
    return this.whole(revision, labels, {
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(design) } },
      status: {
        ...{ observedGeneration: revision.generation, replicas, fullyLabeledReplicas: replicas },
        ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      },
    });
  }
}

/** A pod runs, or crashes again and again: then its word is Failed. */
export class PodDesign extends PartDesign {
  readonly resource = PODS;

  render(revision: Revision): string {
    const { design, deployment } = this;
    const { template } = workloadOf(deployment.latest, design);
    const isReady = revision.word !== "Failed";
    const since = isoSeconds(revision.object.createdAt);
    const spec = podSpec(design);
    const [container] = spec["containers"] as { name: string; image: string }[];
    const condition = (type: string, holds: boolean) => ({
      ...{ type, status: holds ? "True" : "False", lastTransitionTime: since },
      ...(holds ? {} : { reason: "ContainersNotReady", message: "containers with unready status: [app]" }),
    });
    const crashed = { exitCode: 1, reason: "Error", startedAt: since, finishedAt: since };
    const message = `back-off 5m0s restarting failed container=${container!.name} pod=${this.name}_${this.namespace}`;
    return this.whole(
      revision,
      { app: design.name, "pod-template-hash": template },
      {
        spec: { ...spec, nodeName: `node-${1 + (revision.object.serial % 3)}`, restartPolicy: "Always" },
        status: {
          phase: "Running",
          podIP: `10.244.${revision.object.serial % 250}.${Math.floor(revision.object.serial / 250) % 250}`,
          startTime: since,
          conditions: [
            ...[condition("PodScheduled", true), condition("Initialized", true)],
            ...[condition("ContainersReady", isReady), condition("Ready", isReady)],
          ],
          containerStatuses: [
            {
              ...{ name: container!.name, image: container!.image, ready: isReady, started: isReady },
              ...{ imageID: "", containerID: `containerd://${revision.object.uid}`, restartCount: isReady ? 0 : 7 },
              ...(isReady
                ? { state: { running: { startedAt: since } } }
                : { state: { waiting: { reason: "CrashLoopBackOff", message } }, lastState: { terminated: crashed } }),
            },
          ],
        },
      },
    );
  }
}
