import type { BulkPreview, Job } from "@flux-orchestrator/contract";
import { until } from "@flux-orchestrator/testing";
import type { Bench } from "../lib/bench.ts";
import { oneByOne, runs } from "../lib/load.ts";
import { type Product, startProduct } from "../lib/product.ts";
import { askCluster, type Member, type Simulated, simulate } from "../lib/simulated.ts";
import { median } from "../lib/statistics.ts";

const CLUSTERS = 100;
const PER_CLUSTER = 10;
/** As many requests at once as a bulk action has under way. */
const AT_ONCE = 16;
const POLL_MS = 10;
const DEADLINE_MS = 120_000;
const PATH = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces";

export const action: Bench = {
  name: "action",
  about: "an action until the API server has acknowledged it and it is recorded, and a thousand in bulk",
  async run(stage) {
    const size = { clusters: CLUSTERS, perCluster: PER_CLUSTER };
    await using simulated = await simulate(stage, size, 0);
    await using product = await startProduct(simulated.url);
    await simulated.untilLive();
    const targets = await kustomizations(simulated);
    const count = stage.size({ quick: 200, full: 1_000 });
    const nth = (at: number) => targets[at % targets.length]!;
    const bare = await runs(3, () => oneByOne(count, (at) => touch(nth(at))));
    const acted = await runs(3, () => oneByOne(count, (at) => reconcile(product, nth(at))));
    const roundTripMs = median(bare.map(({ p50 }) => p50));
    const conditions = { ...size, actions: count, roundTripMs: Number(roundTripMs.toPrecision(3)) };
    stage.report({
      metric: "p50 of a reconcile",
      values: acted.map(({ p50 }) => p50),
      unit: "ms",
      against: { what: "the PATCH by itself", ratio: roundTripMs / median(acted.map(({ p50 }) => p50)) },
      conditions,
    });
    stage.report({
      metric: "p99 of a reconcile over the PATCH by itself",
      values: acted.map(({ p99 }) => p99 - roundTripMs),
      unit: "ms",
      goal: { max: 15 },
      conditions,
    });

    const bulks = await runs(3, () => bulk(product, simulated));
    const patched = await runs(3, () => allAtOnce(targets, bulks[0]!.acted));
    const seconds = bulks.map((run) => run.seconds);
    stage.report({
      metric: "a bulk reconcile",
      values: seconds,
      unit: "s",
      goal: { max: 3 },
      against: { what: `as many PATCHes, ${AT_ONCE} at once`, ratio: median(patched) / median(seconds) },
      conditions: { ...size, acted: bulks[0]!.acted },
    });
    stage.report({
      metric: "a preview of it",
      values: bulks.map(({ previewMs }) => previewMs),
      unit: "ms",
      conditions: size,
    });
  },
};

interface Target {
  member: Member;
  namespace: string;
  name: string;
}

/** Every Kustomization that can be reconciled. */
async function kustomizations({ database, members }: Simulated): Promise<Target[]> {
  const byId = new Map(members.map((member) => [member.id, member]));
  const rows = await database.sql<{ clusterId: string; namespace: string; name: string }[]>`
    select cluster_id::text as "clusterId", namespace, name from flux_resources
    where kind = 'Kustomization' and not suspended order by name, cluster_id`;
  return rows.map(({ clusterId, ...place }) => ({ member: byId.get(clusterId)!, ...place }));
}

const reconcile = (product: Product, { member, namespace, name }: Target) =>
  product.mutate("resource.reconcile", { cluster: member.id, kind: "Kustomization", namespace, name });

/** The write an action comes down to, without anything around it. */
const touch = ({ member, namespace, name }: Target) =>
  askCluster(member, `${PATH}/${namespace}/kustomizations/${name}`, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ metadata: { annotations: { "bench/touched": String(performance.now()) } } }),
  });

/** Seconds from the submission to the end, and objects that were asked. @throws when one was not */
async function bulk(product: Product, { database }: Simulated) {
  const startedMs = performance.now();
  const { token, act } = await product.mutate<BulkPreview>("bulk.preview", { action: "reconcile", filter: {} });
  const submittedMs = performance.now();
  const { id } = await product.mutate<Job>("bulk.reconcile", { filter: {}, token });
  await until(
    "the bulk action has ended",
    async () => {
      await Bun.sleep(POLL_MS);
      const [row] = await database.sql<{ state: string }[]>`select state from jobs where id = ${id}`;
      return row?.state === "ended";
    },
    DEADLINE_MS,
  );
  const seconds = (performance.now() - submittedMs) / 1000;
  const { counts } = await product.query<Job>("job.get", { id });
  if (counts.succeeded !== act) throw new Error(`${counts.succeeded} of ${act} objects were asked`);
  return { seconds, acted: act, previewMs: submittedMs - startedMs };
}

/** Seconds of as many bare writes. */
async function allAtOnce(targets: readonly Target[], count: number): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  const writer = async () => {
    while (next < count) await touch(targets[next++ % targets.length]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, writer));
  return (performance.now() - startedMs) / 1000;
}
