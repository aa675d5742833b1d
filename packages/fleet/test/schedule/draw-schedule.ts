import type { PostgresFault, Random, TcpFault } from "@flux-orchestrator/testing";

/** Something that happens to one cluster. `nth` chooses an object, by its place in the list. */
export type ClusterStep =
  | { network: TcpFault }
  | { server: { hang: true } | { status: { code: 429 | 500 | 503; every: number } } | { watchMs: number } }
  | { happens: "compacted"; as: "event" | "answer" }
  | { happens: "garbage"; form: "broken JSON" | "no name" | "no object" | "cut off" }
  | { happens: "burst"; events: number }
  | { happens: "removed" | "replaced"; kind: string; nth: number }
  | { happens: "kind goes" | "kind comes"; kind: string }
  | { happens: "controller goes"; controller: string }
  | "heal";
export type PostgresStep = { postgres: PostgresFault } | "heal" | "the product is restarted";

export interface Schedule {
  readonly durationMs: number;
  /** By cluster. */
  readonly clusters: readonly (readonly Timed<ClusterStep>[])[];
  readonly postgres: readonly Timed<PostgresStep>[];
}
export interface Timed<Step> {
  readonly atMs: number;
  readonly step: Step;
}

const inOrder = (one: Timed<unknown>, other: Timed<unknown>) => one.atMs - other.atMs;
const KINDS = ["Kustomization", "HelmRelease", "GitRepository", "HelmRepository"];
/** Those that may go. */
export const CONTROLLERS = ["kustomize-controller", "helm-controller", "source-controller"];

/** What goes wrong in a while; the same numbers give the same schedule. Whatever is still wrong at its end has to be healed. */
export function drawSchedule(random: Random, options: { clusters: number; durationMs: number }): Schedule {
  const { clusters, durationMs } = options;
  return {
    durationMs,
    clusters: Array.from({ length: clusters }, () =>
      [
        // All controllers are back when the second half begins.
        {
          atMs: random.whole(0, durationMs / 3),
          step: { happens: "controller goes", controller: random.pick(CONTROLLERS) } as const,
        },
        ...timed(random, durationMs, clusterStep),
      ].sort(inOrder),
    ),
    postgres: [
      ...timed(random, durationMs, postgresStep),
      { atMs: random.whole(durationMs / 4, durationMs), step: "the product is restarted" as const },
    ].sort(inOrder),
  };
}

/** Faults last between a moment and two seconds, and sometimes come together. */
function timed<Step>(random: Random, durationMs: number, draw: (random: Random) => Step): Timed<Step | "heal">[] {
  const steps: Timed<Step | "heal">[] = [];
  for (let atMs = random.whole(0, 1_000); atMs < durationMs; atMs += random.whole(100, 2_000))
    steps.push({ atMs, step: steps.length % 2 === 1 && random.chance(0.7) ? "heal" : draw(random) });
  return steps;
}

function clusterStep(random: Random): ClusterStep {
  const kind = random.pick(KINDS);
  const nth = random.whole(0, 1_000);
  return random.chance(0.5)
    ? { network: networkFault(random) }
    : random.pick<ClusterStep>([
        { server: { hang: true } },
        { server: { status: { code: random.pick([429, 500, 503] as const), every: random.whole(1, 3) } } },
        { server: { watchMs: random.whole(10, 1_000) } },
        { happens: "compacted", as: random.pick(["event", "answer"] as const) },
        { happens: "garbage", form: random.pick(["broken JSON", "no name", "no object", "cut off"] as const) },
        { happens: "burst", events: random.whole(10, 2_000) },
        { happens: "removed", kind, nth },
        { happens: "replaced", kind, nth },
        { happens: random.pick(["kind goes", "kind comes"] as const), kind },
      ]);
}

function networkFault(random: Random): TcpFault {
  return random.pick<TcpFault>([
    { fault: "latency", ms: random.whole(5, 500) },
    { fault: "bandwidth", bytesPerSecond: random.whole(1_000, 200_000) },
    { fault: "black hole" },
    { fault: "stall" },
    { fault: "half-open" },
    { fault: "reset" },
    { fault: "cut", afterBytes: random.whole(0, 60_000) },
    { fault: "refuse" },
  ]);
}

function postgresStep(random: Random): PostgresStep {
  return {
    postgres: random.pick<PostgresFault>([
      { fault: "latency", ms: random.whole(5, 200) },
      { fault: "bandwidth", bytesPerSecond: random.whole(20_000, 1_000_000) },
      { fault: "stall" },
      { fault: "reset" },
      { fault: "refuse" },
      { fault: "lose commit", times: random.whole(1, 5) },
      { fault: "lose commit answer", times: random.whole(1, 5) },
    ]),
  };
}
