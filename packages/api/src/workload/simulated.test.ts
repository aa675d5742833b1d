import { describe, expect, test } from "bun:test";
import type { ResourceTree } from "@flux-orchestrator/contract";
import { useApi } from "../../test/api-fixture.ts";
import { useSimulated } from "../../test/simulated.ts";
import { clusterTree } from "../tree/cluster-tree.ts";
import { objectTree } from "../tree/object-tree.ts";
import { podLog } from "./pod-log.ts";
import { removePod } from "./remove-pod.ts";
import { restartWorkload } from "./restart.ts";
import { scaleWorkload } from "./scale.ts";

type Node = ResourceTree["nodes"][number];

/** What a demo shows: the same operations as over a real cluster. */
describe("workloads of a simulated cluster", () => {
  const fixture = useApi();
  const simulated = useSimulated(fixture, { clusters: 1, objects: 200 });
  const cluster = () => [...simulated.byId.keys()][0]!;
  const tree = () => fixture.perform(clusterTree, { cluster: cluster() });
  const placeOf = ({ namespace, name }: { namespace: string; name: string }) => ({ namespace, name });
  const below = (seen: ResourceTree, id: string, kind: string): Node[] => {
    const node = seen.nodes.find((one) => one.id === id)!;
    return node.kind === kind ? [node] : node.children.flatMap((child) => below(seen, child, kind));
  };
  /** A Deployment that is well, by its tree. */
  const aDeployment = async (nth: number) => {
    const seen = await tree();
    const well = seen.nodes.filter(
      ({ id, kind, kstatus, namespace }) =>
        kind === "Deployment" &&
        kstatus === "Current" &&
        namespace !== "flux-system" &&
        below(seen, id, "Pod").length > 0,
    );
    return { ...placeOf(well[nth]!), id: well[nth]!.id, kind: "Deployment", group: "apps" };
  };
  const podsOf = async ({ id }: { id: string }) => below(await tree(), id, "Pod");

  test("everything that inventories name is there, and what controllers make of it", async () => {
    const seen = await tree();
    expect(seen.unread).toEqual([]);
    const missing = seen.nodes
      .filter(({ stub, group }) => stub !== null && !group.includes("fluxcd"))
      .map(({ id, stub }) => `${id} ${stub}`);
    expect(missing).toEqual([]);
    for (const kind of [
      "Deployment",
      "ReplicaSet",
      "Pod",
      "Service",
      "ConfigMap",
      "Ingress",
      "ServiceAccount",
      "ClusterRole",
    ])
      expect([kind, seen.nodes.some((node) => node.kind === kind)]).toEqual([kind, true]);
    const deployments = seen.nodes.filter(({ kind }) => kind === "Deployment");
    for (const { id, namespace } of deployments)
      if (namespace !== "flux-system") expect([id, below(seen, id, "Pod").length > 0]).toEqual([id, true]);
    // What an applier waits for in vain is seen where it is.
    expect(deployments.some(({ kstatus }) => kstatus !== "Current")).toBe(true);
    expect(seen.nodes.some(({ kind, message }) => kind === "Pod" && message === "crash looping: app")).toBe(true);
  });

  test("a Deployment is scaled: its pods come and go, the others stay", async () => {
    const deployment = await aDeployment(0);
    const before = await podsOf(deployment);
    const scale = (replicas: number) => {
      const { id: _, ...ref } = deployment;
      return fixture.perform(scaleWorkload, { cluster: cluster(), ...ref, replicas });
    };
    expect(await scale(before.length + 2)).toMatchObject({ replicas: before.length + 2, before: before.length });
    const more = await podsOf(deployment);
    expect(more).toHaveLength(before.length + 2);
    const names = more.map(({ name }) => name);
    for (const { name } of before) expect(names).toContain(name);
    await scale(0);
    expect(await podsOf(deployment)).toEqual([]);
  });

  test("a restart replaces every pod, and a pod that is deleted is replaced", async () => {
    const { id, ...ref } = await aDeployment(1);
    const before = (await podsOf({ id })).map(({ name }) => name);
    await fixture.perform(restartWorkload, { cluster: cluster(), ...ref });
    const after = (await podsOf({ id })).map(({ name }) => name);
    expect(after).toHaveLength(before.length);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    await fixture.perform(removePod, { cluster: cluster(), namespace: ref.namespace, name: after[0]! });
    const last = (await podsOf({ id })).map(({ name }) => name);
    expect(last).toHaveLength(before.length);
    expect(last).not.toContain(after[0]!);
  });

  test("a pod has a log, and an applier that goes takes along what it applied", async () => {
    const { id, namespace, name } = await aDeployment(2);
    const [pod] = await podsOf({ id });
    const { container, lines } = await fixture.perform(podLog, { cluster: cluster(), ...placeOf(pod!), tail: 20 });
    expect(container).toBe("app");
    expect(lines).toHaveLength(20);
    expect(JSON.parse(lines[0]!.text)).toMatchObject({ service: name });
    const seen = await tree();
    const applier = seen.nodes.find(({ children }) => children.includes(id))!;
    const gone = [...simulated.byId.values()][0]!;
    expect(gone.truth("Deployment").some((one) => one.name === name && one.namespace === namespace)).toBe(true);
    gone.remove(applier.kind, placeOf(applier));
    expect(gone.truth("Deployment").some((one) => one.name === name && one.namespace === namespace)).toBe(false);
    expect(
      await fixture.refusal(objectTree, { cluster: cluster(), kind: applier.kind, ...placeOf(applier) }),
    ).toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });
});
