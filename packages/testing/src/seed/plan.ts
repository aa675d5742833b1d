import { artifactOf } from "./artifact-generator.ts";
import { type Random, randomOf } from "./random.ts";
import { APPLICATIONS } from "./vocabulary.ts";

/** The settled words a seeded object can have: the values of its label `flux-orchestrator/seeded`. */
export type SeededWord =
  | "Ready"
  | "Failed"
  | "Stalled"
  | "Progressing"
  | "Retrying"
  | "Suspended"
  | "Blocked"
  | "Drifted"
  | "Static"
  | "Terminating"
  | "Unknown";

export interface Planned {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly word: SeededWord;
  /** The Kustomization whose inventory holds it. */
  parent?: Planned;
  /** What was made for it, and the other way round: HelmRelease and HelmChart, ArtifactGenerator and ExternalArtifact. */
  counterpart?: Planned;
}

const SOURCE: readonly SeededWord[] = ["Ready", "Failed", "Stalled", "Progressing", "Suspended", "Terminating"];
const APPLIER: readonly SeededWord[] = [...SOURCE, "Blocked", "Unknown"];
const OPERATED: readonly SeededWord[] = ["Ready", "Failed", "Stalled", "Progressing", "Suspended"];

/** How often a kind occurs, and the words it can have. */
const KINDS: Readonly<Record<string, { share: number; words: readonly SeededWord[] }>> = {
  Kustomization: { share: 30, words: APPLIER },
  HelmRelease: { share: 25, words: [...APPLIER, "Retrying", "Drifted"] },
  HelmChart: { share: 14, words: ["Ready", "Stalled", "Blocked", "Suspended"] },
  GitRepository: { share: 8, words: SOURCE },
  OCIRepository: { share: 6, words: SOURCE },
  HelmRepository: { share: 5, words: [...SOURCE, "Static"] },
  Bucket: { share: 2, words: ["Ready", "Failed", "Suspended"] },
  ArtifactGenerator: { share: 1, words: ["Ready", "Failed", "Stalled", "Suspended"] },
  ExternalArtifact: { share: 1, words: ["Ready"] },
  Alert: { share: 2, words: ["Static", "Suspended"] },
  Provider: { share: 2, words: ["Static", "Suspended"] },
  Receiver: { share: 2, words: ["Ready", "Failed", "Suspended"] },
  ImageRepository: { share: 2, words: ["Ready", "Failed", "Suspended"] },
  ImagePolicy: { share: 2, words: ["Ready", "Failed", "Suspended"] },
  ImageUpdateAutomation: { share: 1, words: ["Ready", "Failed", "Suspended"] },
  // Their API allows one of each, called `flux`.
  FluxInstance: { share: 0, words: ["Ready"] },
  FluxReport: { share: 0, words: ["Ready"] },
  ResourceSet: { share: 2, words: OPERATED },
  ResourceSetInputProvider: { share: 2, words: OPERATED },
};

/** Of those not planned for variety: most of a cluster is well. */
const READY_SHARE = 0.8;

/**
 * Which objects there will be. Every third is there for variety, until each kind has had each of its words; the others
 * occur as often as they do in life.
 */
export function planSeed({ count, seed, kinds }: { count: number; seed: number; kinds: readonly string[] }): Planned[] {
  const random = randomOf(seed);
  const variety = random.shuffled(kinds.flatMap((kind) => KINDS[kind]!.words.map((word) => ({ kind, word }))));
  return plan(
    random,
    count,
    (index) => (index % 3 === 0 ? variety.shift() : undefined) ?? usual(kinds, READY_SHARE, random),
  );
}

/** Objects as often as they occur in life, as a share of them well: no variety for its own sake. */
export function planLife(options: {
  count: number;
  seed: number;
  kinds: readonly string[];
  readyShare: number;
  /** What is there in any case, before the others. */
  first: readonly { kind: string; word: SeededWord; namespace: string; name: string }[];
}): Planned[] {
  const random = randomOf(options.seed);
  return plan(
    random,
    options.count,
    (index) => options.first[index] ?? usual(options.kinds, options.readyShare, random),
  );
}

type Chosen = Pick<Planned, "kind" | "word"> & Partial<Pick<Planned, "namespace" | "name">>;

function plan(random: Random, count: number, choose: (index: number) => Chosen): Planned[] {
  const name = namer(random);
  const planned = Array.from({ length: count }, (_, index): Planned => {
    const chosen = choose(index);
    return { ...name(chosen.kind), ...chosen };
  });
  return pairArtifacts(pairCharts(adopt(planned, random)));
}

function usual(kinds: readonly string[], readyShare: number, random: Random): { kind: string; word: SeededWord } {
  const kind = random.pick(kinds.flatMap((each) => Array<string>(KINDS[each]!.share).fill(each)));
  const { words } = KINDS[kind]!;
  return { kind, word: random.chance(readyShare) ? words[0]! : random.pick(words) };
}

const NOTIFICATIONS: ReadonlySet<string> = new Set(["Alert", "Provider", "Receiver"]);
/** notification-controller cannot be told to leave seeded objects alone, other than by keeping to its own namespace. */
const TENANTS = Object.keys(APPLICATIONS).filter((namespace) => namespace !== "flux-system");

/** Names nobody else of the kind has in the namespace. */
function namer(random: Random): (kind: string) => { namespace: string; name: string } {
  const taken = new Map<string, number>();
  return (kind) => {
    if (kind === "FluxInstance" || kind === "FluxReport") return { namespace: "flux-system", name: "flux" };
    const namespace = random.pick(NOTIFICATIONS.has(kind) ? TENANTS : Object.keys(APPLICATIONS));
    const application = random.pick(APPLICATIONS[namespace]!);
    const nth = (taken.get(`${kind}/${namespace}/${application}`) ?? 0) + 1;
    taken.set(`${kind}/${namespace}/${application}`, nth);
    return { namespace, name: nth === 1 ? application : `${application}-${nth}` };
  };
}

/** Appliers hang in trees: each may belong to an earlier Kustomization of its namespace, so that there is no circle. */
function adopt(planned: Planned[], random: Random): Planned[] {
  for (const [index, object] of planned.entries()) {
    if (object.kind !== "Kustomization" && object.kind !== "HelmRelease") continue;
    const parents = planned
      .slice(0, index)
      .filter((other) => other.kind === "Kustomization" && other.namespace === object.namespace)
      .filter((other) => hasApplied(other) && other.word !== "Stalled");
    if (parents.length > 0 && random.chance(0.7)) object.parent = random.pick(parents);
  }
  return planned;
}

/** A HelmChart is made for a HelmRelease and named after it; one that finds none was written by hand. */
function pairCharts(planned: Planned[]): Planned[] {
  const free = new Set(planned.filter(({ kind }) => kind === "HelmRelease"));
  return planned.map((chart) => {
    if (chart.kind !== "HelmChart") return chart;
    const fits = (release: Planned) =>
      chart.word === "Ready" || chart.word === "Suspended" ? hasApplied(release) : release.word === "Blocked";
    const release = [...free].find(fits);
    // It lives beside its repository.
    const repositories = planned.filter(
      ({ kind, word }) => kind === "HelmRepository" && repositoryWords(chart).includes(word),
    );
    const home = (release ?? chart).namespace;
    const namespace = repositories.some((repository) => repository.namespace === home)
      ? home
      : (repositories[0]?.namespace ?? home);
    if (release === undefined) return { ...chart, namespace };
    free.delete(release);
    const paired = { ...chart, namespace, name: `${release.namespace}-${release.name}`, counterpart: release };
    release.counterpart = paired;
    return paired;
  });
}

/** An ExternalArtifact is made by an ArtifactGenerator; one that finds none was made by something that is not there. */
function pairArtifacts(planned: Planned[]): Planned[] {
  const free = planned.filter(({ kind, word }) => kind === "ArtifactGenerator" && word !== "Stalled");
  return planned.map((artifact) => {
    const generator = artifact.kind === "ExternalArtifact" ? free.shift() : undefined;
    if (generator === undefined) return artifact;
    const { namespace } = generator;
    const paired = { ...artifact, namespace, name: artifactOf(generator), counterpart: generator };
    generator.counterpart = paired;
    return paired;
  });
}

/** How the repository of a chart must be for the chart to be as it is. */
export function repositoryWords(chart: Planned): readonly SeededWord[] {
  return chart.word === "Blocked" ? ["Failed"] : ["Ready", "Static"];
}

/** Whether it has once done its work, whatever became of it. */
function hasApplied({ word }: Planned): boolean {
  return word !== "Blocked" && word !== "Unknown";
}
