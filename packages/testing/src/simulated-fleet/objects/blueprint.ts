import { type Planned, planLife } from "../../seed/plan.ts";
import { randomOf } from "../../seed/random.ts";
import { SEEDED_KINDS } from "../../seed/seeded-objects.ts";
import { type World, worldOf } from "../../seed/world.ts";
import { AppliedInventory } from "../applied/applied-inventory.ts";
import { apiVersionOf, resourceOfKind } from "../server/served-resources.ts";
import { FluxDesign } from "./flux-design.ts";
import { mark } from "./template.ts";

/** Most of what a fleet runs is well. */
const READY_SHARE = 0.96;
/** What every cluster begins with. */
const FIRST = [
  { kind: "GitRepository", word: "Ready", namespace: "flux-system", name: "flux-system" },
  { kind: "Kustomization", word: "Ready", namespace: "flux-system", name: "flux-system" },
  { kind: "FluxInstance", word: "Ready", namespace: "flux-system", name: "flux" },
  { kind: "FluxReport", word: "Ready", namespace: "flux-system", name: "flux" },
] as const;
/** Of the Kustomizations that could wait for an earlier one. */
const DEPENDS_SHARE = 0.4;
/** What is different in each revision of the same object: names of commits, charts and artifacts. */
const CHANGING = new Set(["commit", "commit before", "manifest", "content", "artifact"]);

/** The Flux objects of a class of clusters: a fleet has few such classes, and the clusters of one run the same. */
export interface Blueprint {
  readonly designs: readonly FluxDesign[];
  readonly applied: AppliedInventory;
  /** Flux was installed with source-watcher, and its kind is served. */
  readonly generates: boolean;
  /** Those that take their revision from a source, by the source. */
  readonly users: ReadonlyMap<FluxDesign, readonly FluxDesign[]>;
  /** Those that wait for another, by the other. */
  readonly waiting: ReadonlyMap<FluxDesign, readonly FluxDesign[]>;
}

/** The same count and seed give the same objects. */
export function blueprintOf({
  count,
  seed,
  generates,
}: {
  count: number;
  seed: number;
  generates: boolean;
}): Blueprint {
  const kinds = SEEDED_KINDS.filter((kind) => generates || kind !== "ArtifactGenerator");
  const planned = planLife({ count, seed, kinds, readyShare: READY_SHARE, first: FIRST });
  const world = markedWorld(planned, seed);
  const random = randomOf(seed + 1);
  const byName = new Map<string, FluxDesign>();
  const designs = planned.map((object, index) => {
    const resource = resourceOfKind(object.kind);
    const earlier = earlierThan(byName, object);
    const dependsOn =
      object.kind === "Kustomization" && object.word !== "Blocked" && earlier.length > 0 && random.chance(DEPENDS_SHARE)
        ? random.pick(earlier)
        : undefined;
    const design = new FluxDesign({
      index,
      seed,
      planned: object,
      resource,
      apiVersion: apiVersionOf(resource),
      world,
      dependsOn,
    });
    byName.set(nameOf(object), design);
    return design;
  });
  for (const design of designs) design.connect((kind, namespace, name) => byName.get(`${kind}/${namespace}/${name}`));
  const grouped = (of: "source" | "dependsOn") =>
    Map.groupBy(
      designs.filter((design) => design[of] !== undefined),
      (design) => design[of]!,
    );
  const applied = new AppliedInventory(designs);
  return { designs, applied, generates, users: grouped("source"), waiting: grouped("dependsOn") };
}

const nameOf = ({ kind, namespace, name }: Pick<Planned, "kind" | "namespace" | "name">) =>
  `${kind}/${namespace}/${name}`;

/** Kustomizations of the same namespace that were planned before: waiting for these makes no circle. */
function earlierThan(byName: ReadonlyMap<string, FluxDesign>, object: Planned): FluxDesign[] {
  return [...byName.values()].filter(
    ({ planned }) =>
      planned.kind === "Kustomization" && planned.namespace === object.namespace && planned.word === "Ready",
  );
}

/** The seed's world, with marks where it would say a time or the name of a revision. */
function markedWorld(planned: readonly Planned[], seed: number): World {
  const world = worldOf(planned, { seed, nowMs: 0 });
  const places = new Map(planned.map((object, index) => [nameOf(object), index]));
  return {
    ...world,
    childrenOf: (parent) => world.childrenOf(planned[places.get(nameOf(parent))!]!),
    ago: () => mark("at"),
    hash(object, purpose, digits = 64) {
      if (!CHANGING.has(purpose)) return world.hash(object, purpose, digits);
      return mark(`revision/${places.get(nameOf(object)) ?? -1}/${purpose}/${digits}`);
    },
  };
}
