import type { ResourceDetail, ResourceRow } from "@flux-orchestrator/contract";
import type { Readiness } from "@flux-orchestrator/flux";

export interface BandPart {
  tone: string;
  word: string;
  fromMs: number;
  toMs: number;
}

/**
 * Stored transitions as a band of `spanMs` that ends now. What held before the oldest known transition is its `from`;
 * without any transition the present word holds as far back as it is known to. Before that the object was not there,
 * or it was and nobody recorded its state: never more is claimed than is known.
 */
export function bandOf(
  transitions: ResourceDetail["transitions"],
  row: Pick<ResourceRow, "word" | "since" | "createdAt">,
  nowMs: number,
  spanMs: number,
): BandPart[] {
  const startMs = nowMs - spanMs;
  const ordered = [...transitions].sort((a, b) => (a.at < b.at ? -1 : 1));
  const parts: BandPart[] = [];
  const push = (word: string, tone: string, fromMs: number, toMs: number) => {
    const clipped = { fromMs: Math.max(fromMs, startMs), toMs: Math.min(toMs, nowMs) };
    if (clipped.toMs > clipped.fromMs) parts.push({ word, tone, ...clipped });
  };
  const pushWord = (word: Readiness | null, fromMs: number, toMs: number) =>
    push(word ?? "not there", word?.toLowerCase() ?? "none", fromMs, toMs);
  const pushUnrecorded = (untilMs: number) => {
    const createdMs = Date.parse(row.createdAt);
    push("not there", "none", startMs, Math.min(createdMs, untilMs));
    push("not recorded", "unknown", Math.max(createdMs, startMs), untilMs);
  };
  const first = ordered[0];
  if (first === undefined) {
    pushUnrecorded(Date.parse(row.since));
    pushWord(row.word, Date.parse(row.since), nowMs);
    return parts;
  }
  if (first.from === null) pushUnrecorded(Date.parse(first.at));
  else pushWord(first.from, startMs, Date.parse(first.at));
  ordered.forEach((transition, at) => {
    const next = ordered[at + 1];
    pushWord(transition.to, Date.parse(transition.at), next === undefined ? nowMs : Date.parse(next.at));
  });
  return parts;
}
