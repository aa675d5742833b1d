import { appendLog, type Database } from "@flux-orchestrator/db";
import { doubtfulKinds, type FluxController } from "@flux-orchestrator/flux";
import type { DeploymentScope } from "@flux-orchestrator/k8s";
import { FEED_CHANNEL } from "../feed.ts";

/** What is known of the Flux controllers of one cluster. */
export interface KnownControllers {
  /** Where they were looked for. */
  read: DeploymentScope;
  /** All of them; none when they may not be read. */
  controllers: readonly FluxController[];
  /** Kinds the cluster serves. */
  served: readonly string[];
}

/**
 * Makes the rows of a cluster equal to what is known; writes nothing when they are. A state that goes on keeps the time it
 * began at. Until a controller was seen once nothing is said of the kinds: Flux may run in another way. Safe to repeat.
 */
export async function storeControllers(database: Database, clusterId: string, known: KnownControllers): Promise<void> {
  const { read, served } = known;
  const changed = await database.sql.begin(async (tx) => {
    const [cluster] = await tx<{ read: string; doubtful: string[] | null }[]>`
      select controllers_read as read, doubtful_kinds as doubtful from clusters where id = ${clusterId}::uuid for update`;
    if (cluster === undefined) return false;
    const before = await tx<Row[]>`
      select namespace, name, controller, version, desired, available, state, since, selector, only_namespace
      from cluster_controllers where cluster_id = ${clusterId}::uuid order by namespace, name`;
    const rows = known.controllers
      .map((controller) => toRow(controller, before))
      .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const everSeen = rows.length > 0 || cluster.doubtful !== null;
    const doubtful = read !== "forbidden" && everSeen ? doubtfulKinds(served, known.controllers).sort() : null;
    const same =
      JSON.stringify([cluster.read, cluster.doubtful, [...before]]) === JSON.stringify([read, doubtful, rows]);
    if (same) return false;
    await tx`delete from cluster_controllers where cluster_id = ${clusterId}::uuid`;
    if (rows.length > 0)
      await tx`insert into cluster_controllers ${tx(rows.map((row) => ({ cluster_id: clusterId, ...row })))}`;
    await tx`
      update clusters set controllers_read = ${read}, doubtful_kinds = ${doubtful}, controllers_changed_at = now()
      where id = ${clusterId}::uuid`;
    await appendLog(tx, [{ subject: "cluster", op: "upsert", clusterId }]);
    return true;
  });
  // Readers look now instead of within a second.
  if (changed) database.sql.notify(FEED_CHANNEL, "").catch(() => {});
}

interface Row {
  namespace: string;
  name: string;
  controller: string;
  version: string | null;
  desired: number;
  available: number;
  state: string;
  since: Date;
  selector: string | null;
  only_namespace: string | null;
}

const nameOf = ({ namespace, name }: Pick<Row, "namespace" | "name">): string => `${namespace}/${name}`;

function toRow({ since, onlyNamespace, ...controller }: FluxController, before: readonly Row[]): Row {
  const known = before.find((row) => nameOf(row) === nameOf(controller) && row.state === controller.state);
  const { namespace, name, version, desired, available, state, selector } = controller;
  const began = since === null ? undefined : new Date(since);
  return {
    namespace,
    name,
    controller: controller.controller,
    version,
    desired,
    available,
    state,
    since: began ?? known?.since ?? new Date(),
    selector,
    only_namespace: onlyNamespace,
  };
}
