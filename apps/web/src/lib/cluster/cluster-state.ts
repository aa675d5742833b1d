import type { Cluster } from "@flux-orchestrator/contract";
import { CONTROLLER_UNAVAILABLE, type Readiness, SEVERITY } from "@flux-orchestrator/flux";
import { isInFirstSync } from "../fleet.svelte.ts";

/** How a cluster looks in the grid and the table: its worst object, or that it cannot be read. */
export interface ClusterLook {
  tone: "bad" | "warn" | "unknown" | "busy" | "ok";
  /** The glyph and colour of the word. */
  wordTone: string;
  word: string;
  /** Lower is worse. */
  rank: number;
}

const TONE: Partial<Record<Readiness, ClusterLook["tone"]>> = {
  Stalled: "bad",
  Failed: "bad",
  Blocked: "warn",
  Retrying: "warn",
  Drifted: "warn",
  Unknown: "warn",
  Progressing: "busy",
};
const RANK: Record<ClusterLook["tone"], number> = { bad: 0, warn: 1, unknown: 2, busy: 3, ok: 5 };

/** It is read well, but its Flux controllers do not all run: what they leave alone must not look fine. */
export const lacksController = (cluster: Cluster): boolean =>
  !cluster.stale && cluster.problem?.code === CONTROLLER_UNAVAILABLE;

export function lookOf(cluster: Cluster): ClusterLook {
  if (cluster.stale) {
    const word = cluster.stream === "locked" ? "Locked" : cluster.stream === "never" ? "Never seen" : "Stale";
    return { tone: "unknown", wordTone: "stale", word, rank: RANK.unknown };
  }
  if (lacksController(cluster)) return { tone: "bad", wordTone: "failed", word: "Controller down", rank: RANK.bad };
  if (isInFirstSync(cluster)) return { tone: "busy", wordTone: "progressing", word: "First sync", rank: RANK.busy };
  if (cluster.worst === null && cluster.unreconciledCount > 0)
    return { tone: "warn", wordTone: "stale", word: "Not reconciled", rank: RANK.warn };
  if (cluster.worst === null) return { tone: "ok", wordTone: "static", word: "No objects", rank: RANK.ok };
  const tone = TONE[cluster.worst] ?? "ok";
  return { tone, wordTone: cluster.worst.toLowerCase(), word: cluster.worst, rank: RANK[tone] };
}

/** `12 not reconciled, 2 Failed`, worst first; `all Ready` when nothing else is there. Two words at most. */
export function countsInWords({ counts, unreconciledCount }: Cluster): string {
  const words = (Object.entries(counts) as [Readiness, number][])
    .filter(([word, count]) => count > 0 && word !== "Ready" && word !== "Static")
    .sort(([a], [b]) => SEVERITY[b] - SEVERITY[a]);
  const counted = [
    ...(unreconciledCount > 0 ? [`${unreconciledCount.toLocaleString("en")} not reconciled`] : []),
    ...words.map(([word, count]) => `${count.toLocaleString("en")} ${word}`),
  ];
  if (counted.length === 0) return Object.values(counts).some((count) => (count ?? 0) > 0) ? "all Ready" : "no objects";
  return counted.slice(0, 2).join(", ");
}

/** `v1.36.3` as `1.36.3`: versions are written without their letter. */
export const bareVersion = (version: string | null): string | null => version?.replace(/^v(?=\d)/, "") ?? null;

const NO_ENVIRONMENT = "No environment";
const ORDER = ["production", "prod", "staging", "stage", "test", "development", "dev", "edge"];
const orderOf = (environment: string): number => {
  const at = ORDER.indexOf(environment.toLowerCase());
  return at === -1 ? ORDER.length : at;
};

/** Clusters by environment, production first, within each worst first. */
export function byEnvironment(
  clusters: readonly Cluster[],
): { environment: string; title: string; clusters: Cluster[] }[] {
  const groups = Map.groupBy(clusters, (cluster) => cluster.environment);
  return [...groups]
    .map(([environment, members]) => ({
      environment,
      title: environment === "" ? NO_ENVIRONMENT : environment[0]?.toUpperCase() + environment.slice(1),
      clusters: members.toSorted(
        (a, b) => lookOf(a).rank - lookOf(b).rank || a.name.localeCompare(b.name, "en", { numeric: true }),
      ),
    }))
    .sort(
      (a, b) =>
        Number(a.environment === "") - Number(b.environment === "") ||
        orderOf(a.environment) - orderOf(b.environment) ||
        a.environment.localeCompare(b.environment),
    );
}

const EXPIRES_SOON_MS = 14 * 24 * 60 * 60 * 1000;
/** Whether the credential ends within two weeks, or has ended. */
export const expiresSoon = (cluster: Cluster, nowMs: number): boolean =>
  cluster.credential.expiresAt !== null && Date.parse(cluster.credential.expiresAt) - nowMs < EXPIRES_SOON_MS;
