import type { Random } from "../../seed/random.ts";
import type { FluxDesign } from "../objects/flux-design.ts";
import { joinPatches } from "../objects/merge-patch.ts";
import type { Revision, StoredObject } from "../objects/revision.ts";
import type { ClusterLife } from "./cluster-life.ts";
import type { Run } from "./runs.ts";
import { Ticks } from "./ticks.ts";

/** What part of what is begun is new: most of a fleet's life is looking whether everything is still well. */
const NEWS_SHARE = 0.05;
/** Objects looked at in vain before a tick gives up: most may be silent. */
const LOOKS_MAX = 2_000;

interface Running {
  readonly life: ClusterLife;
  readonly object: StoredObject;
  readonly run: Run;
  /** The next step. */
  at: number;
  readonly before: Revision;
}

/** Everything that moves in the fleet, at a rate that is told. */
export class FleetLife {
  readonly #ticks: Ticks<Running | (() => void)>;
  /** Something new that has not reached a cluster yet. */
  readonly #news: { life: ClusterLife; source: FluxDesign; revision: number }[] = [];
  readonly #revisions = new Map<FluxDesign, number>();
  /** Whose turn it is, and how far each cluster has come round. */
  #next = 0;
  readonly #places: number[];
  /** Writes that may be begun. */
  #budget = 0;
  #lastMs: number;
  /** Writes since the start. */
  writes = 0;

  constructor(
    readonly lives: readonly ClusterLife[],
    readonly random: Random,
    /** Writes per second in the whole fleet; 0 stops what no one asks for. */
    public rate: number,
    nowMs: number,
  ) {
    this.#ticks = new Ticks(nowMs);
    this.#lastMs = nowMs;
    this.#places = lives.map(({ blueprint }) => random.whole(0, blueprint.designs.length - 1));
  }

  /** Nothing is under way: with a rate of 0 nothing will be written until somebody asks. */
  get isStill(): boolean {
    return this.#ticks.isEmpty;
  }

  /** Lives until now. */
  advance(nowMs: number): void {
    for (const due of this.#ticks.until(nowMs)) {
      if (typeof due === "function") due();
      else this.#step(due, nowMs);
    }
    this.#budget = Math.min(this.#budget + (this.rate * (nowMs - this.#lastMs)) / 1000, Math.max(this.rate, 16));
    this.#lastMs = nowMs;
    for (let looks = 0; this.#budget >= 1 && looks < LOOKS_MAX; looks++) {
      if (this.random.chance(NEWS_SHARE)) this.#bringNews(nowMs);
      else this.#beat(nowMs);
    }
  }

  /** Begins at once what somebody asked for. */
  ask(life: ClusterLife, object: StoredObject, nowMs: number): void {
    if (life.running.has(object)) {
      // The run that is under way began before: the answer is the next one's.
      this.#ticks.at(nowMs + 200, () => this.ask(life, object, this.#lastMs));
      return;
    }
    const run = life.asked(object);
    if (run !== undefined) this.#begin(life, object, run, nowMs);
  }

  /** Lets a deleted object go once its controller is there to take the finalizer off. */
  finalise(life: ClusterLife, object: StoredObject, nowMs: number): void {
    this.#ticks.at(nowMs + 500, () => {
      if (object.latest.type === "DELETED") return;
      if (life.isDown(object)) this.finalise(life, object, this.#lastMs);
      else life.remove(object, this.#lastMs);
    });
  }

  /** So many writes of one cluster at once, over all its objects: each a new version that says little else. */
  burst(life: ClusterLife, writes: number, nowMs: number): void {
    const objects = life.objects.filter(
      (object) => object !== undefined && !life.running.has(object),
    ) as StoredObject[];
    const now = Math.floor(nowMs / 1000);
    for (let i = 0; i < writes; i++) {
      const object = objects[i % objects.length]!;
      life.store.change(object, { since: now, count: object.latest.count + 1 }, nowMs);
    }
    this.writes += writes;
  }

  #bringNews(nowMs: number): void {
    const next = this.#news.shift() ?? this.#commit();
    if (next === undefined) return;
    const { life, source, revision } = next;
    const object = life.objects[source.given.index];
    if (object === undefined || life.running.has(object)) return;
    const run = life.renew(object, revision);
    if (run !== undefined) this.#begin(life, object, run, nowMs);
  }

  /** Somebody pushes: every cluster that has the source learns of it, one after the other. */
  #commit(): { life: ClusterLife; source: FluxDesign; revision: number } | undefined {
    const { blueprint } = this.random.pick(this.lives);
    // Nobody pushes to a generator: it follows its own source.
    const sources = [...blueprint.users.keys()].filter(({ kind }) => kind !== "ArtifactGenerator");
    if (sources.length === 0) return undefined;
    const source = this.random.pick(sources);
    const revision = (this.#revisions.get(source) ?? 0) + 1;
    this.#revisions.set(source, revision);
    const lives = this.lives.filter((life) => life.blueprint === blueprint);
    this.#news.push(...this.random.shuffled(lives).map((life) => ({ life, source, revision })));
    return this.#news.shift();
  }

  #beat(nowMs: number): void {
    const at = this.#next;
    this.#next = (at + 1) % this.lives.length;
    const life = this.lives[at]!;
    const { blueprint } = life;
    const place = this.#places[at]!;
    this.#places[at] = (place + 1) % blueprint.designs.length;
    const object = life.objects[place];
    if (object === undefined || life.running.has(object)) return;
    const run = life.heartbeat(object);
    if (run !== undefined) this.#begin(life, object, run, nowMs);
  }

  #begin(life: ClusterLife, object: StoredObject, run: Run, nowMs: number): void {
    life.running.add(object);
    this.#budget -= run.length;
    this.#ticks.at(nowMs + run[0]!.afterMs, { life, object, run, at: 0, before: object.latest });
  }

  #step(running: Running, nowMs: number): void {
    const { life, object, run, before } = running;
    // Whoever deleted it, or took its controller away, ended the run: it stays as far as it came.
    if (object.latest.type === "DELETED" || life.isDown(object)) {
      life.running.delete(object);
      return;
    }
    const isLast = running.at === run.length - 1;
    const change = run[running.at++]!.change(object.latest, Math.floor(nowMs / 1000));
    const handled = isLast ? life.handled(object) : null;
    const overlay = handled === null ? {} : { overlay: joinPatches(object.latest.overlay ?? {}, handled) };
    life.store.change(object, { ...change, ...overlay }, nowMs);
    this.writes++;
    if (!isLast) {
      this.#ticks.at(nowMs + run[running.at]!.afterMs, running);
      return;
    }
    life.running.delete(object);
    for (const other of life.ended(object, before, nowMs)) this.#follow(life, other, object, nowMs);
  }

  /** A user of a source picks the new revision up within seconds. */
  #follow(life: ClusterLife, object: StoredObject, cause: StoredObject, nowMs: number): void {
    this.#ticks.at(nowMs + this.random.whole(200, 3_000), () => {
      if (life.running.has(object)) return;
      const isSource = "source" in object.design && object.design.source === cause.design;
      const run = isSource ? life.renew(object, cause.latest.applied) : life.asked(object);
      if (run !== undefined) this.#begin(life, object, run, this.#lastMs);
    });
  }
}
