import { recordOf } from "../objects/json.ts";
import { type Facts, Revision, StoredObject, untouched } from "../objects/revision.ts";
import { resourceName, resourceOfKind, type ServedResource } from "../server/served-resources.ts";
import { AppliedDesign, digestOf, inLetters, workloadOf } from "./applied-design.ts";
import type { AppliedInventory } from "./applied-inventory.ts";
import { PodDesign, ReplicaSetDesign } from "./part-design.ts";

const DEPLOYMENTS = resourceOfKind("Deployment");
const REPLICA_SETS = resourceOfKind("ReplicaSet");
const PODS = resourceOfKind("Pod");
const RESTARTED = "kubectl.kubernetes.io/restartedAt";
/** How a verdict says that it is a Deployment that does not become ready. */
const WAITS = "timeout waiting for: [Deployment/";

/**
 * What the appliers of one cluster applied, and what became of it. Made when somebody asks, of the inventories that all
 * clusters of a class share: only what was changed or deleted is kept.
 */
export class AppliedObjects {
  readonly #changed = new Map<string, StoredObject>();
  readonly #gone = new Set<string>();

  constructor(
    readonly inventory: AppliedInventory,
    /** The applier of that place in the blueprint, while it is there. */
    readonly applierAt: (index: number) => StoredObject | undefined,
    /** The cluster's own in the fleet, and the version at which they came. */
    readonly options: { serial: number; version: number },
  ) {}

  /** All of a kind that are there now, in a namespace unless that is empty, in no order. */
  objects(resource: ServedResource, namespace: string): StoredObject[] {
    const of = resource === REPLICA_SETS || resource === PODS ? DEPLOYMENTS : resource;
    const designs = this.inventory.designs(of);
    const applied = (namespace === "" ? designs : designs.filter((design) => design.namespace === namespace)).flatMap(
      (design) => this.#object(design) ?? [],
    );
    if (resource === REPLICA_SETS) return applied.map((deployment) => this.#replicaSet(deployment));
    return resource === PODS ? applied.flatMap((deployment) => this.#pods(deployment)) : applied;
  }

  find(resource: ServedResource, key: string): StoredObject | undefined {
    if (resource !== REPLICA_SETS && resource !== PODS) {
      const design = this.inventory.design(resource, key);
      return design && this.#object(design);
    }
    const parts = key.split("-").slice(0, resource === PODS ? -2 : -1);
    const deployment = this.find(DEPLOYMENTS, parts.join("-"));
    if (deployment === undefined) return undefined;
    const made = resource === PODS ? this.#pods(deployment) : [this.#replicaSet(deployment)];
    return made.find(({ design }) => design.key === key);
  }

  /** Whether it is one of these. */
  has({ design }: StoredObject): boolean {
    return design instanceof AppliedDesign || design instanceof ReplicaSetDesign || design instanceof PodDesign;
  }
  /** From now on it is as it was changed. What a controller made is made anew. */
  keep(object: StoredObject): void {
    if (object.design instanceof AppliedDesign)
      this.#changed.set(placeOf(object.design.resource, object.design.key), object);
  }
  forget({ design }: StoredObject): void {
    this.#changed.delete(placeOf(design.resource, design.key));
    this.#gone.add(placeOf(design.resource, design.key));
  }

  #object(design: AppliedDesign): StoredObject | undefined {
    const applier = this.applierAt(design.applier.given.index);
    const place = placeOf(design.resource, design.key);
    if (applier === undefined || this.#gone.has(place)) return undefined;
    const known = this.#changed.get(place);
    if (known !== undefined) return known;
    const { latest } = applier;
    const waits = latest.word !== "Ready" && design.applier.verdict(latest).message.includes(WAITS);
    return this.#made(design, { at: applier.createdAt + 5, word: waits ? "Failed" : "Ready" });
  }

  #replicaSet(deployment: StoredObject): StoredObject {
    const design = deployment.design as AppliedDesign;
    const { template } = workloadOf(deployment.latest, design);
    const owner = { kind: "Deployment", name: design.name, uid: deployment.uid };
    const made = new ReplicaSetDesign(deployment, design, owner, `${design.name}-${template}`);
    return this.#made(made, { at: rolledOutAt(deployment), word: "Ready", version: deployment.latest.version });
  }

  #pods(deployment: StoredObject): StoredObject[] {
    const { latest } = deployment;
    const design = deployment.design as AppliedDesign;
    const { replicas } = workloadOf(latest, design);
    const replicaSet = this.#replicaSet(deployment);
    const owner = { kind: "ReplicaSet", name: replicaSet.design.name, uid: replicaSet.uid };
    return Array.from({ length: replicas }, (_, nth) => {
      let name = "";
      // One that was deleted has been replaced.
      for (let time = 0; name === "" || this.#gone.has(placeOf(PODS, `${design.namespace}/${name}`)); time++)
        name = `${owner.name}-${inLetters(digestOf(owner.uid, nth, time), 5)}`;
      const isNew = nth >= design.replicas;
      const at = isNew ? Math.floor(latest.writtenAt / 1000) : rolledOutAt(deployment);
      const word = latest.word === "Failed" && nth === replicas - 1 ? "Failed" : "Ready";
      return this.#made(new PodDesign(deployment, design, owner, name), { at, word, version: latest.version });
    });
  }

  #made(
    design: StoredObject["design"],
    { at, word, version = this.options.version }: Pick<Facts, "at" | "word"> & { version?: number },
  ): StoredObject {
    const serial = digestOf(this.options.serial, design.resource.kind, design.key).readUIntBE(0, 6);
    const object = new StoredObject(design, serial, at);
    object.latest = new Revision(object, "ADDED", version, at * 1000, { ...untouched(at), word, next: word }, {});
    return object;
  }
}

const placeOf = (resource: ServedResource, key: string): string => `${resourceName(resource)}/${key}`;

/** When the present template of a Deployment came, seconds since the epoch. */
function rolledOutAt({ latest, createdAt }: StoredObject): number {
  const template = recordOf(recordOf(recordOf(latest.overlay)["spec"])["template"]);
  const told = recordOf(recordOf(template["metadata"])["annotations"])[RESTARTED];
  const at = typeof told === "string" ? Math.floor(Date.parse(told) / 1000) : Number.NaN;
  return Number.isFinite(at) ? at : createdAt + 1;
}
