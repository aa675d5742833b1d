import type { ResourceDetail, ResourceRow } from "@flux-orchestrator/contract";

export interface BandPart {
  tone: string;
  word: string;
  fromMs: number;
  toMs: number;
}

/**
 * Stored transitions as a band of `spanMs` that ends now. What held before the oldest known transition is its `from`;
 * without any transition the present word holds as far back as it is known to.
 */
export function bandOf(transitions: ResourceDetail["transitions"], row: Pick<ResourceRow, "word" | "since" | "createdAt">, nowMs: number, spanMs: number): BandPart[] {
  const startMs = nowMs - spanMs;
  const ordered = [...transitions].sort((a, b) => (a.at < b.at ? -1 : 1));
  const parts: BandPart[] = [];
  const push = (word: string | null, fromMs: number, toMs: number) => {
    const clipped = { from: Math.max(fromMs, startMs), to: Math.min(toMs, nowMs) };
    if (clipped.to > clipped.from) parts.push({ word: word ?? "not there", tone: word?.toLowerCase() ?? "none", fromMs: clipped.from, toMs: clipped.to });
  };
  const first = ordered[0];
  if (first === undefined) {
    const sinceMs = Date.parse(row.since);
    push(null, startMs, sinceMs);
    push(row.word, Math.max(sinceMs, startMs), nowMs);
    return parts;
  }
  push(first.from, startMs, Date.parse(first.at));
  ordered.forEach((transition, at) => {
    const next = ordered[at + 1];
    push(transition.to, Date.parse(transition.at), next === undefined ? nowMs : Date.parse(next.at));
  });
  return parts;
}
