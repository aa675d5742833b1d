import type { SeededWord } from "../../seed/plan.ts";
import type { Facts, Revision } from "../objects/revision.ts";

/** One write of a controller, some time after the one before. */
export interface Step {
  readonly afterMs: number;
  /** @param now seconds since the epoch */
  change(latest: Revision, now: number): Partial<Facts>;
}

/** What a controller does with an object once: its writes in order, as recorded from the real ones. */
export type Run = readonly Step[];

export interface Aim {
  /** Which commit, chart or image it attempts. */
  readonly attempted: number;
  /** What comes of it. */
  readonly outcome: SeededWord;
  /** At least 0, below 1: how slow it is this time. */
  readonly slowness: number;
}

const step = (afterMs: number, change: Step["change"]): Step => ({ afterMs: Math.round(afterMs), change });
const show = (afterMs: number, shown: Facts["shown"]): Step => step(afterMs, () => ({ shown }));

/** The last two writes: the conditions first, what belongs to them a moment later. */
const end = (afterMs: number, aim: Aim, more: (latest: Revision) => Partial<Facts>): Run => [
  step(afterMs, (_, now) => ({ shown: "ended", next: aim.outcome, at: now })),
  step(10, (latest) => ({ ...more(latest), word: aim.outcome, shown: "settled", observed: latest.generation })),
];

/** Kustomizations take their verdict back each time they are looked at, whatever comes of it. */
export function kustomizationRun(aim: Aim): Run {
  if (aim.outcome === "Blocked") return [step(20, (_, now) => ({ word: "Blocked", shown: "settled", at: now }))];
  const { attempted, slowness } = aim;
  const healthy = aim.outcome === "Ready" ? [show(80, "checking health"), show(400 + slowness * 5_000, "healthy")] : [];
  return [
    step(20, (_, now) => ({ shown: "fetching", since: now })),
    show(80 + slowness * 200, "building"),
    step(20, () => ({ attempted })),
    show(100 + slowness * 800, "checking drift"),
    ...healthy,
    ...end(20 + slowness * 300, aim, (latest) => ({
      count: attempted === latest.applied ? latest.count + 1 : 1,
      ...(aim.outcome === "Ready" ? { applied: attempted } : {}),
    })),
  ];
}

/** A release that is as it should be only says that it was looked at. */
export const helmReleaseHeartbeat: Run = [
  step(20, (_, now) => ({ shown: "prerequisites", since: now })),
  show(120, "settled"),
];

export function helmReleaseUpgrade(aim: Aim): Run {
  if (aim.outcome === "Blocked") return [step(20, (_, now) => ({ word: "Blocked", shown: "settled", at: now }))];
  const { attempted, slowness } = aim;
  return [
    step(20, (_, now) => ({ shown: "prerequisites", since: now })),
    step(130, (_, now) => ({ shown: "acting", since: now })),
    step(10, () => ({ attempted })),
    ...end(300 + slowness * 6_000, aim, (latest) =>
      aim.outcome === "Ready"
        ? { applied: attempted, count: latest.count + 1, failures: 0 }
        : { count: latest.count + 1, failures: latest.failures + 1 },
    ),
  ];
}

/** Sources are silent unless there is something new, or they fail. */
export function sourceRun(aim: Aim): Run {
  const { attempted, slowness } = aim;
  return [
    step(50 + slowness * 200, (_, now) => ({ shown: "acting", attempted, since: now })),
    ...end(150 + slowness * 600, aim, () => (aim.outcome === "Ready" ? { applied: attempted } : {})),
  ];
}

/** A generator is silent until a source of its own moves; then all of its status comes at once. */
export function generatorRun({ attempted, outcome, slowness }: Aim): Run {
  return [
    step(30, (_, now) => ({ shown: "generating", attempted, since: now })),
    step(150 + slowness * 900, (_, now) => ({
      ...{ shown: "settled", word: outcome, at: now },
      ...(outcome === "Ready" ? { applied: attempted } : {}),
    })),
  ];
}

/** What a generator made anew is there in one write. */
export const artifactRun = (attempted: number): Run => [
  step(10, (_, now) => ({ attempted, applied: attempted, at: now })),
];

/** What is answered to a request to reconcile where nothing else is to be done. */
export const acknowledgement: Run = [step(60, (latest) => ({ observed: latest.generation }))];
