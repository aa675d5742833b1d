import type { KubeObject } from "@flux-orchestrator/flux";
import type { Product } from "./product.ts";
import { askCluster, type Member } from "./simulated.ts";
import { judgeSeen, openSubscribers } from "./subscribers.ts";

const KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1";
const EMITTED_AT = "simulated-fleet/emitted-at";
/** Whatever is not there so long after the last change is lost. */
const LOST_AFTER_MS = 30_000;
const LOOK_MS = 500;
/** A mark stays on its object: none is used twice. */
let marks = 0;
const PATCH = { "content-type": "application/merge-patch+json" };

export interface MarkedChanges {
  /** Changes a second, over all these clusters. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly subscribers: number;
}

/** What became of the changes: milliseconds from the API server to the reader that parsed them. */
export type Told = ReturnType<typeof judgeSeen>;

/**
 * Changes objects of some clusters so that each change can be told from every other, and follows them to live subscribers,
 * each of which follows one of the clusters. The fleet must stamp its objects.
 */
export async function followMarkedChanges(
  product: Product,
  members: readonly Member[],
  { perSecond, seconds, subscribers }: MarkedChanges,
): Promise<Told> {
  const paths = await Promise.all(members.map(pathsOf));
  const urls = members.map(({ id }) => product.watchUrl({ topic: "cluster", cluster: id }));
  await using readers = await openSubscribers(urls, subscribers);
  const first = marks;
  marks += perSecond * seconds;
  const beganMs = performance.now();
  const sent = Array.from({ length: perSecond * seconds }, async (_, nth) => {
    await Bun.sleep(Math.max(0, beganMs + (nth * 1000) / perSecond - performance.now()));
    const mark = first + nth;
    const at = mark % members.length;
    const path = paths[at]![Math.floor(mark / members.length) % paths[at]!.length]!;
    return [mark, await emitMark(members[at]!, path, mark)] as const;
  });
  const sentMs = new Map(await Promise.all(sent));
  const isFor = (subscriber: number, mark: number) => subscriber % urls.length === mark % urls.length;
  const endMs = performance.now() + LOST_AFTER_MS;
  for (;;) {
    await Bun.sleep(LOOK_MS);
    const told = judgeSeen(await readers.seen(), sentMs, isFor);
    if (told.lost === 0 || performance.now() > endMs) return told;
  }
}

/** @returns when the API server emitted it, epoch milliseconds */
async function emitMark(member: Member, path: string, mark: number): Promise<number> {
  const { metadata } = await askCluster<KubeObject>(member, `${path}/status`, {
    method: "PATCH",
    headers: PATCH,
    body: JSON.stringify({ status: { lastAppliedRevision: `mark-${mark}` } }),
  });
  return Number(metadata.annotations?.[EMITTED_AT]);
}

/** Of the Kustomizations that are well: nothing but the mark changes. */
async function pathsOf(member: Member): Promise<string[]> {
  const { items } = await askCluster<{ items: KubeObject[] }>(member, `${KUSTOMIZATIONS}/kustomizations`);
  return items
    .filter(({ status }) => status?.["lastAppliedRevision"] !== undefined)
    .map(({ metadata }) => `${KUSTOMIZATIONS}/namespaces/${metadata.namespace}/kustomizations/${metadata.name}`);
}
