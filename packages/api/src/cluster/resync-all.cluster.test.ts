import { beforeAll, describe, expect, test } from "bun:test";
import { createObject, requirement } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { kustomization } from "../../test/manifests.ts";
import { insertCluster } from "../../test/rows.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { openWatcher } from "../../test/watcher.ts";
import { resyncAllClusters } from "./resync-all.ts";

describe.skipIf(!(await requirement("kube-apiserver")))("a resync of every cluster", () => {
  const fixture = useCluster();
  let second = "";
  let unreachable = "";
  beforeAll(async () => {
    second = await fixture.register("second", fixture.apiserver.kubeconfig());
    // Registered, but nothing watches it here: it fails, whatever the others do.
    unreachable = await insertCluster(fixture.database, { name: "unreachable" });
  });

  test("makes the rows equal to each cluster, whatever one that fails says, and tells how it goes", async () => {
    const { sql } = fixture.database;
    const object = kustomization({ namespace: await fixture.namespace(), name: "podinfo" });
    await createObject(fixture.apiserver, object);
    await fixture.untilStored(object);
    const isStored = async (clusterId: string) =>
      (await sql`select from flux_resources where cluster_id = ${clusterId} and name = 'podinfo'`).length === 1;
    // A row that no object stands behind, as a missed deletion would leave it.
    await sql`update flux_resources set name = 'ghost' where cluster_id = ${fixture.cluster} and name = 'podinfo'`;

    const watcher = await openWatcher(fixture, { topics: [{ topic: "jobs" }] });
    const { job, requestId } = await submitted(fixture, resyncAllClusters, {});
    const ended = await untilEnded(fixture, job.id);
    expect(ended.items.map(({ title, state, code }) => ({ title, state, code }))).toEqual([
      { title: "main", state: "succeeded", code: null },
      { title: "second", state: "succeeded", code: null },
      { title: "unreachable", state: "failed", code: "CLUSTER_NOT_FOUND" },
    ]);
    expect([await isStored(fixture.cluster), await isStored(second)]).toEqual([true, true]);
    const ghosts = await sql`select from flux_resources where name = 'ghost'`;
    expect(ghosts).toHaveLength(0);

    expect((await watcher.until("job", ({ job }) => job.state === "ended")).job).toMatchObject({
      id: job.id,
      total: 3,
      counts: { succeeded: 2, failed: 1 },
    });
    await watcher.close();
    const recorded = await fixture.recorded(requestId);
    expect(recorded[0]).toMatchObject({
      operation: "cluster.resyncAll",
      action: "sync_all",
      resourceType: "job",
      resourceId: job.id,
      outcome: "failed",
      message: "2 of 3 succeeded, 1 failed",
    });
    const items = recorded.slice(1).map(({ operation, resourceId, outcome }) => [operation, resourceId, outcome]);
    expect(items.toSorted()).toEqual(
      [
        ["cluster.resync", fixture.cluster, "success"],
        ["cluster.resync", second, "success"],
        ["cluster.resync", unreachable, "failed"],
      ].toSorted(),
    );
  });
});
