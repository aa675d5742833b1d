import { describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import type { KubeError } from "../../src/kube-error.ts";
import type { WatchEvent } from "../../src/reflector/watch.ts";
import { failureOf } from "../failure-of.ts";
import { kustomization } from "./contract-server.ts";
import { CONTRACT_TIMEOUT_MS, type ContractWorld } from "./contract-suite.ts";
import { followWatch, versionOf } from "./follow-watch.ts";

export function watchContract(world: ContractWorld): void {
  const follow = (resourceVersion: string) => followWatch(world, resourceVersion);
  const of = (events: WatchEvent[], namespace: string) =>
    events.flatMap((event) =>
      event.type !== "BOOKMARK" && event.object.metadata.namespace === namespace
        ? [`${event.type} ${event.object.metadata.name}`]
        : [],
    );
  const versionNow = () => versionOf(world);

  describe("a watch", () => {
    test("tells every change after its version in order, also those before it was opened", async () => {
      const namespace = await world.server.createNamespace();
      const [one, two] = [kustomization(namespace, "one"), kustomization(namespace, "two")];
      const version = await versionNow();
      await world.server.create(one);
      await world.server.change(one, { spec: { suspend: true } });
      await using watching = follow(version);
      await until("the past is told", () => of(watching.events, namespace).length === 2);
      await world.server.create(two);
      await world.server.remove(one);
      await until("the present is told", () => of(watching.events, namespace).length === 4);
      await watching.end();
      expect(of(watching.events, namespace)).toEqual(["ADDED one", "MODIFIED one", "ADDED two", "DELETED one"]);
    });

    test("goes on behind any event it told", async () => {
      const namespace = await world.server.createNamespace();
      const version = await versionNow();
      for (const name of ["a", "b", "c"]) await world.server.create(kustomization(namespace, name));
      await using first = follow(version);
      await until("everything is told", () => of(first.events, namespace).length === 3);
      await first.end();
      const told = first.events.find((event) => event.type !== "BOOKMARK" && event.object.metadata.name === "b");
      await using second = follow(told!.type === "BOOKMARK" ? "" : told!.object.metadata.resourceVersion);
      await until("the rest is told", () => of(second.events, namespace).length === 1);
      await second.end();
      expect(of(second.events, namespace)).toEqual(["ADDED c"]);
    });

    test(
      "from a version that is gone says so",
      async () => {
        await world.server.compact();
        // Right after a start it says "come back later" until its storage is ready.
        const error: KubeError = await until("its storage is ready", async () => {
          const failure = await failureOf(follow("1").ended);
          return failure.code !== "CLUSTER_THROTTLED" && failure;
        });
        expect(error.code).toBe("GONE");
      },
      CONTRACT_TIMEOUT_MS,
    );

    test("that is given up is closed at once", async () => {
      await using watching = follow(await versionNow());
      await until("it is open", () => watching.state.open);
      await watching.end();
      expect(watching.events.filter(({ type }) => type !== "BOOKMARK")).toEqual([]);
    });
  });
}
