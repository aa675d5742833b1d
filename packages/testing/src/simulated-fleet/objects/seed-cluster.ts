import type { SeededWord } from "../../seed/plan.ts";
import { AppliedObjects } from "../applied/applied-objects.ts";
import type { ClusterLife } from "../life/cluster-life.ts";
import { CONTROLLERS, controllerDeployment, controllerPod, namespaceDesign, SOURCE_WATCHER } from "./controllers.ts";
import type { FluxDesign } from "./flux-design.ts";
import { type Facts, StoredObject, untouched } from "./revision.ts";

/** What is wrong in one cluster of a class and not in the others. */
const FAILED_SHARE = 0.015;
const SUSPENDED_SHARE = 0.01;
const DAY_SECONDS = 24 * 60 * 60;
const FAILING: ReadonlySet<string> = new Set([
  "Kustomization",
  "HelmRelease",
  "GitRepository",
  "OCIRepository",
  "HelmRepository",
]);

/** The parts of Flux itself are the same everywhere. */
const controllers = CONTROLLERS.map((name) => ({ name, designs: [controllerDeployment(name), controllerPod(name)] }));
const namespaces = new Map<string, ReturnType<typeof namespaceDesign>>();

/** Fills a cluster from its blueprint: the same objects as its class, each with a history of its own. */
export function seedCluster(life: ClusterLife, nowMs: number): void {
  const { store, blueprint } = life;
  const { random } = life;
  const now = Math.floor(nowMs / 1000);
  const words = blueprint.designs.map((design) => wordOf(design, life));
  for (const design of blueprint.designs) {
    const { index } = design.given;
    const waitsFor = design.dependsOn;
    const isBlocked = waitsFor !== undefined && ["Failed", "Blocked"].includes(words[waitsFor.given.index]!);
    if (isBlocked && words[index] === "Ready") words[index] = "Blocked";
    const word = words[index]!;
    const object = new StoredObject(design, life.nextSerial(), now - random.whole(20 * DAY_SECONDS, 200 * DAY_SECONDS));
    const count = random.whole(2, 900);
    const facts: Facts = {
      ...untouched(now - random.whole(30, 9 * 60)),
      ...{ word, next: word, count, suspended: word === "Suspended" },
      ...(design.kind === "HelmRelease"
        ? { at: now - random.whole(600, 5 * DAY_SECONDS), count: random.whole(2, 30) }
        : {}),
      failures: word === "Failed" || word === "Retrying" ? 2 : 0,
    };
    store.seed(object, facts);
    life.objects[index] = object;
  }
  const names = new Set(blueprint.designs.map(({ namespace }) => namespace));
  for (const name of names) if (!namespaces.has(name)) namespaces.set(name, namespaceDesign(name));
  const running = controllers.filter(({ name }) => name !== SOURCE_WATCHER || blueprint.generates);
  for (const design of [
    ...running.flatMap(({ designs }) => designs),
    ...[...names].map((name) => namespaces.get(name)!),
  ]) {
    const at = now - 200 * DAY_SECONDS;
    store.seed(new StoredObject(design, life.nextSerial(), at), { ...untouched(at), word: "Ready", next: "Ready" });
  }
  store.sort();
  const own = { serial: life.nextSerial(), version: store.version };
  store.derive(new AppliedObjects(blueprint.applied, (index) => life.objects[index], own));
}

function wordOf(design: FluxDesign, { random }: ClusterLife): SeededWord {
  const { word, kind } = design.planned;
  if (word !== "Ready") return word;
  if (FAILING.has(kind) && random.chance(FAILED_SHARE)) return "Failed";
  return kind !== "FluxInstance" &&
    kind !== "FluxReport" &&
    kind !== "ExternalArtifact" &&
    kind !== "HelmChart" &&
    random.chance(SUSPENDED_SHARE)
    ? "Suspended"
    : "Ready";
}
