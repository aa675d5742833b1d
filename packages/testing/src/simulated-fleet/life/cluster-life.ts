import type { Random } from "../../seed/random.ts";
import type { Blueprint } from "../objects/blueprint.ts";
import type { ClusterStore } from "../objects/cluster-store.ts";
import { EventDesign } from "../objects/event-design.ts";
import { FluxDesign } from "../objects/flux-design.ts";
import { type Revision, StoredObject, untouched } from "../objects/revision.ts";
import {
  acknowledgement,
  artifactRun,
  generatorRun,
  helmReleaseHeartbeat,
  helmReleaseUpgrade,
  kustomizationRun,
  type Run,
  sourceRun,
} from "./runs.ts";

const REQUESTED = "reconcile.fluxcd.io/requestedAt";
/** Events a cluster keeps: the oldest go, as they do after an hour. */
const EVENTS_MAX = 40;
/** Of new revisions, those that cannot be applied at first. */
const FAILURE_SHARE = 0.04;
/** Of tries to do again what failed, those that succeed. */
const RECOVERY_SHARE = 0.15;
const SOURCES: ReadonlySet<string> = new Set([
  "GitRepository",
  "OCIRepository",
  "Bucket",
  "HelmRepository",
  "HelmChart",
]);
const RETRIES_MAX = 3;

/** The controllers of one cluster: which run comes next for an object, and what follows from its end. */
export class ClusterLife {
  /** By the place in the blueprint. */
  readonly objects: (StoredObject | undefined)[] = [];
  readonly running = new Set<StoredObject>();
  /** Controllers that are not available: nothing of theirs moves. */
  readonly down = new Set<string>();
  readonly #events = new Map<string, StoredObject>();

  constructor(
    readonly store: ClusterStore,
    readonly blueprint: Blueprint,
    readonly random: Random,
    readonly nextSerial: () => number,
  ) {}

  /** The run that an interval brings; undefined when nothing would be written. */
  heartbeat(object: StoredObject): Run | undefined {
    const { design, latest } = object;
    if (!(design instanceof FluxDesign) || !this.#moves(object)) return undefined;
    if (design.kind === "Kustomization" || design.kind === "HelmRelease")
      return this.#apply(object, design, latest.attempted);
    const isGenerator = design.kind === "ArtifactGenerator";
    if (!(isGenerator || SOURCES.has(design.kind)) || latest.word !== "Failed") return undefined;
    const run = isGenerator ? generatorRun : sourceRun;
    return run({ attempted: latest.attempted, outcome: this.#again("Failed"), slowness: this.random.next() });
  }

  /** The run that something new brings: a commit, a chart, an image. */
  renew(object: StoredObject, revision: number): Run | undefined {
    const { design } = object;
    // Nobody asks for it: it is written by its generator.
    if (design instanceof FluxDesign && design.kind === "ExternalArtifact") return artifactRun(revision);
    if (!(design instanceof FluxDesign) || !this.#moves(object)) return undefined;
    if (design.kind === "ArtifactGenerator")
      return generatorRun({
        attempted: revision,
        outcome: this.random.chance(FAILURE_SHARE) ? "Failed" : "Ready",
        slowness: this.random.next(),
      });
    if (!SOURCES.has(design.kind)) return this.#apply(object, design, revision);
    // A chart that was found in an index is pulled.
    const fails = design.kind !== "HelmChart" && this.random.chance(FAILURE_SHARE / 4);
    const outcome = fails ? "Failed" : "Ready";
    return sourceRun({ attempted: revision, outcome, slowness: this.random.next() });
  }

  /** The run that a request to reconcile, or a changed spec, brings. */
  asked(object: StoredObject): Run | undefined {
    if (!(object.design instanceof FluxDesign) || !this.#moves(object)) return undefined;
    return this.heartbeat(object) ?? acknowledgement;
  }

  /** Tells what ended; returns the objects that now have something to do. */
  ended(object: StoredObject, before: Revision, nowMs: number): StoredObject[] {
    const { design, latest } = object;
    if (!(design instanceof FluxDesign)) return [];
    const isNews = latest.applied !== before.applied;
    if (latest.word !== "Ready" && latest.word !== "Blocked") this.#tell(object, design, { type: "Warning", nowMs });
    else if (isNews) this.#tell(object, design, { type: "Normal", nowMs });
    if (latest.word !== "Ready") return [];
    const objectsOf = (designs: readonly FluxDesign[] = []) =>
      designs.map(({ given }) => this.objects[given.index]).filter((other) => other !== undefined);
    const users = isNews ? objectsOf(this.blueprint.users.get(design)) : [];
    const waiting = objectsOf(this.blueprint.waiting.get(design)).filter((other) => other.latest.word === "Blocked");
    return [...users, ...waiting.filter((other) => !users.includes(other))];
  }

  /** A merge patch that hands back what was asked for: null when nothing was. */
  handled(object: StoredObject): Record<string, unknown> | null {
    const { overlay } = object.latest;
    if (overlay === null) return null;
    const { metadata, status } = overlay as {
      metadata?: { annotations?: Record<string, unknown> };
      status?: { lastHandledReconcileAt?: unknown };
    };
    const asked = metadata?.annotations?.[REQUESTED];
    if (asked === undefined || asked === null || asked === status?.lastHandledReconcileAt) return null;
    return { status: { lastHandledReconcileAt: asked } };
  }

  /** Whether the controller of an object is not available. */
  isDown({ design }: StoredObject): boolean {
    return design.resource.controller !== undefined && this.down.has(design.resource.controller);
  }

  /** Takes an object out of the cluster. */
  remove(object: StoredObject, nowMs: number): void {
    this.store.remove(object, nowMs);
    const place = this.objects.indexOf(object);
    if (place >= 0) this.objects[place] = undefined;
  }

  #moves(object: StoredObject): boolean {
    const { design, latest } = object;
    return (
      design.resource.controller !== undefined &&
      !latest.suspended &&
      latest.word !== "Terminating" &&
      latest.word !== "Static" &&
      !this.isDown(object)
    );
  }

  #apply(object: StoredObject, design: FluxDesign, attempted: number): Run | undefined {
    const { latest } = object;
    const { word } = latest;
    const slowness = this.random.next();
    // What is wrong with the spec itself stays wrong.
    if (design.planned.word === "Stalled" || design.planned.word === "Unknown") return undefined;
    const isHelm = design.kind === "HelmRelease";
    const waitsFor = design.dependsOn && this.objects[design.dependsOn.given.index];
    if (waitsFor !== undefined && !isWell(waitsFor)) {
      if (word === "Blocked") return undefined;
      return (isHelm ? helmReleaseUpgrade : kustomizationRun)({ attempted, outcome: "Blocked", slowness });
    }
    const isNew = attempted !== latest.attempted;
    if (isHelm) {
      if (!isNew && (word === "Ready" || word === "Drifted")) return helmReleaseHeartbeat;
      if (!isNew && word === "Stalled") return undefined;
      const failed = isNew ? this.random.chance(FAILURE_SHARE) : !this.random.chance(RECOVERY_SHARE * 2);
      const outcome = failed ? (latest.failures >= RETRIES_MAX ? "Stalled" : "Retrying") : "Ready";
      return helmReleaseUpgrade({ attempted, outcome, slowness });
    }
    const outcome =
      word === "Failed" && !isNew
        ? this.#again("Failed")
        : isNew && this.random.chance(FAILURE_SHARE)
          ? "Failed"
          : "Ready";
    return kustomizationRun({ attempted, outcome, slowness });
  }

  #again(word: "Failed"): "Failed" | "Ready" {
    return this.random.chance(RECOVERY_SHARE) ? "Ready" : word;
  }

  #tell(
    object: StoredObject,
    design: FluxDesign,
    { type, nowMs }: { type: "Normal" | "Warning"; nowMs: number },
  ): void {
    const { reason, message } = design.verdict(object.latest);
    const key = `${object.serial}/${reason}/${message}`;
    const known = this.#events.get(key);
    const at = Math.floor(nowMs / 1000);
    if (known !== undefined) {
      this.store.change(known, { count: known.latest.count + 1, at }, nowMs);
      return;
    }
    const serial = this.nextSerial();
    const event = new StoredObject(new EventDesign(object, { type, reason, message }, serial), serial, at);
    this.#events.set(key, event);
    this.store.add(event, untouched(at), nowMs);
    if (this.#events.size <= EVENTS_MAX) return;
    const [oldest, first] = this.#events.entries().next().value!;
    this.#events.delete(oldest);
    this.store.remove(first, nowMs);
  }
}

const isWell = ({ latest }: StoredObject): boolean =>
  latest.word === "Ready" || latest.word === "Drifted" || latest.word === "Suspended";
