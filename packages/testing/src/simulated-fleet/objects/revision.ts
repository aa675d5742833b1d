import type { SeededWord } from "../../seed/plan.ts";
import type { ServedResource } from "../server/served-resources.ts";
import type { Json } from "./json.ts";
import { mergePatch } from "./merge-patch.ts";

/** What does not change of an object: shared by every cluster that has it. */
export interface Design {
  readonly resource: ServedResource;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`: objects are listed in the order of these. */
  readonly key: string;
  /** The object as JSON. */
  render(revision: Revision): string;
}

/** An object of one cluster. */
export class StoredObject {
  latest!: Revision;
  constructor(
    readonly design: Design,
    /** Its own in the fleet: the uid is made of it. */
    readonly serial: number,
    /** Seconds since the epoch. */
    readonly createdAt: number,
  ) {}

  get uid(): string {
    const hex = this.serial.toString(16).padStart(12, "0");
    return `51f1ee70-${hex.slice(0, 4)}-4000-8000-${hex}`;
  }
}

/** How far a controller is: the conditions that stand while it works, or those of the word it ends with. */
export type Shown =
  | "settled"
  | "fetching"
  | "building"
  | "checking drift"
  | "checking health"
  | "healthy"
  | "prerequisites"
  | "acting"
  | "generating"
  | "ended";

/** What changes of an object. Numbers, because there are many: the object is made of them when somebody asks. */
export interface Facts {
  /** What its status says. */
  word: SeededWord;
  shown: Shown;
  /** The word whose conditions are shown when `shown` is "ended": they are written before the rest of the status. */
  next: SeededWord;
  /** When its verdict came, seconds since the epoch. */
  at: number;
  /** When what the controller does now began, seconds since the epoch. */
  since: number;
  /** Which commit, chart or image, counted from 0. */
  attempted: number;
  applied: number;
  /** Reconciliations, or releases. */
  count: number;
  failures: number;
  generation: number;
  observed: number;
  suspended: boolean;
  /** What others than controllers changed; its nulls stay. */
  overlay: Json | null;
}

/** An object as it was at one version. Never changes, so that watches, pages and history can hold on to it. */
export class Revision implements Facts {
  word: SeededWord;
  shown: Shown;
  next: SeededWord;
  at: number;
  since: number;
  attempted: number;
  applied: number;
  count: number;
  failures: number;
  generation: number;
  observed: number;
  suspended: boolean;
  overlay: Json | null;

  constructor(
    readonly object: StoredObject,
    readonly type: "ADDED" | "MODIFIED" | "DELETED",
    readonly version: number,
    /** Milliseconds since the epoch. */
    readonly writtenAt: number,
    facts: Facts,
    change: Partial<Facts>,
  ) {
    this.word = change.word ?? facts.word;
    this.shown = change.shown ?? facts.shown;
    this.next = change.next ?? facts.next;
    this.at = change.at ?? facts.at;
    this.since = change.since ?? facts.since;
    this.attempted = change.attempted ?? facts.attempted;
    this.applied = change.applied ?? facts.applied;
    this.count = change.count ?? facts.count;
    this.failures = change.failures ?? facts.failures;
    this.generation = change.generation ?? facts.generation;
    this.observed = change.observed ?? facts.observed;
    this.suspended = change.suspended ?? facts.suspended;
    this.overlay = change.overlay === undefined ? facts.overlay : change.overlay;
  }

  /** The object as JSON text. */
  text(): string {
    const { object, overlay } = this;
    const text = object.design.render(this);
    return overlay === null ? text : JSON.stringify(mergePatch(JSON.parse(text), overlay));
  }

  json(): Json {
    return JSON.parse(this.text());
  }
}

/** Facts of an object nobody has looked at yet. */
export const untouched = (atSeconds: number): Facts => ({
  ...{ word: "Unknown", shown: "settled", next: "Unknown", at: atSeconds, since: atSeconds, attempted: 0, applied: 0 },
  ...{ count: 1, failures: 0, generation: 1, observed: 1, suspended: false, overlay: null },
});

/** A time as Kubernetes writes it. */
export function isoSeconds(seconds: number): string {
  const place = seconds % ISO_KEPT;
  if (isoKept[place]?.seconds !== seconds)
    isoKept[place] = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` };
  return isoKept[place].text;
}
/** The same few times are written again and again. */
const ISO_KEPT = 4_096;
const isoKept: { seconds: number; text: string }[] = [];
