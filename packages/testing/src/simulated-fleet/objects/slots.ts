import { createHash } from "node:crypto";
import { chartOf } from "../../seed/helm-release.ts";
import type { FluxDesign } from "./flux-design.ts";
import { isoSeconds } from "./revision.ts";
import type { Slot } from "./template.ts";

/** On every object while the fleet is told to stamp: when the API server sent this version, milliseconds since the epoch. */
export const STAMP_ANNOTATION = "simulated-fleet/emitted-at";
/** Whether revisions carry their stamp: for the whole process, because templates are shared. */
export const stamping = { on: false };

const SHARED: Readonly<Record<string, Slot>> = {
  version: (revision) => revision.version,
  uid: ({ object }) => object.uid,
  created: ({ object }) => isoSeconds(object.createdAt),
  generation: (revision) => revision.generation,
  observed: (revision) => revision.observed,
  at: (revision) => isoSeconds(revision.at),
  count: (revision) => revision.count,
  "count before": (revision) => Math.max(1, revision.count - 1),
  failures: (revision) => revision.failures,
  stamp: (revision) => (stamping.on ? `"${STAMP_ANNOTATION}":"${revision.writtenAt}"` : ""),
};
export const sharedSlot = (name: string): Slot => {
  const slot = SHARED[name];
  if (slot === undefined) throw new Error(`nothing fills the mark ${name}`);
  return slot;
};

/** What fills the marks of a Flux object. */
export function slotsOf(design: FluxDesign, conditions: Slot): (name: string) => Slot {
  return (name) => {
    if (name === "conditions") return conditions;
    if (name === "chart") return chartSlot(design);
    const [what, ...rest] = name.split("/");
    if (what === "revision") return revisionSlot(design, rest as [string, string, string]);
    return sharedSlot(name);
  };
}

function revisionSlot(design: FluxDesign, [place, purpose, digits]: [string, string, string]): Slot {
  const { seed, index } = design.given;
  const of = Number(place) < 0 ? index : Number(place);
  const applied = purpose.startsWith("applied ");
  const what = applied ? purpose.slice("applied ".length) : purpose;
  // Most objects of a class are at the same revision as the one before.
  let last = { nth: -1, name: "" };
  return (revision) => {
    const nth = applied ? revision.applied : revision.attempted;
    if (nth !== last.nth) last = { nth, name: revisionName([seed, of, what, nth].join("/"), Number(digits)) };
    return last.name;
  };
}

function chartSlot(design: FluxDesign): Slot {
  const release = design.kind === "HelmChart" ? (design.planned.counterpart ?? design.planned) : design.planned;
  const [major, minor, patch] = chartOf(release, design.given.world).version.split(".").map(Number) as [
    number,
    number,
    number,
  ];
  return (revision) => `${major}.${minor}.${patch + revision.attempted}`;
}

const revisionName = (key: string, digits: number): string =>
  createHash("sha256").update(key).digest("hex").slice(0, digits);
