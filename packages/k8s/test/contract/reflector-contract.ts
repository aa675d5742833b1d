import { describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import type { ServedKind } from "../../src/discovery.ts";
import { FluxClient } from "../../src/flux-client.ts";
import { pause } from "../../src/reflector/backoff.ts";
import { type ReflectorState, runReflector } from "../../src/reflector/run-reflector.ts";
import type { Transport } from "../../src/transport.ts";
import { bucket, kustomization } from "./contract-server.ts";
import { CONTRACT_TIMEOUT_MS, type ContractWorld } from "./contract-suite.ts";

/** A store that a reflector fills: what it believes the API server holds, by namespace/name, at which version. */
function reflect(transport: Transport, served: ServedKind) {
  const over = new AbortController();
  const store = new Map<string, string>();
  const states: ReflectorState[] = [];
  let listed = new Map<string, string>();
  const keyOf = (object: { metadata: { namespace?: string; name: string } }) =>
    `${object.metadata.namespace}/${object.metadata.name}`;
  const running = runReflector({
    transport,
    served,
    signal: over.signal,
    pageSize: 7,
    // Everything is tried again within half a second: the waits themselves are tested elsewhere.
    clock: { now: Date.now, pause: (ms, signal) => pause(Math.min(ms, 500), signal) },
    sink: {
      onListStart: () => {
        listed = new Map();
      },
      onPage: (objects) => {
        for (const object of objects) listed.set(keyOf(object), object.metadata.resourceVersion);
      },
      onListEnd: () => {
        store.clear();
        for (const [key, version] of listed) store.set(key, version);
      },
      onEvent: (type, object) => {
        if (type === "DELETED") store.delete(keyOf(object));
        else store.set(keyOf(object), object.metadata.resourceVersion);
      },
      onBookmark: () => {},
      onState: (state) => void states.push(state),
    },
  });
  const end = () => {
    over.abort();
    return running;
  };
  return {
    store,
    states,
    seen: (state: ReflectorState["state"]) => states.some((one) => one.state === state),
    end,
    [Symbol.asyncDispose]: end,
  };
}

export function reflectorContract(world: ContractWorld): void {
  /** What the API server holds, by the same keys. */
  const truth = async (served: ServedKind): Promise<Map<string, string>> => {
    const pages = await Array.fromAsync(new FluxClient(world.transport()).pages(served));
    const objects = pages.flatMap((page) => page.objects);
    return new Map(objects.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]));
  };
  const untilEqual = (reflected: ReturnType<typeof reflect>, served: ServedKind) =>
    until("the store equals the API server", async () => Bun.deepEquals(reflected.store, await truth(served)));

  describe("a reflector", () => {
    test(
      "keeps its store equal through changes of every kind",
      async () => {
        const namespace = await world.server.createNamespace();
        const served = world.served("Kustomization");
        const objects = Array.from({ length: 20 }, (_, i) => kustomization(namespace, `k-${i}`));
        for (const object of objects.slice(0, 10)) await world.server.create(object);
        await using reflected = reflect(world.transport(), served);
        await until("it is live", () => reflected.seen("live"));
        for (const object of objects.slice(10)) await world.server.create(object);
        await Promise.all(
          objects.slice(0, 15).map((object) => world.server.change(object, { spec: { suspend: true } })),
        );
        await Promise.all(objects.slice(5, 12).map((object) => world.server.remove(object)));
        await untilEqual(reflected, served);
        await reflected.end();
        expect([...reflected.store.keys()].filter((key) => key.startsWith(`${namespace}/`)).length).toBe(13);
        expect(reflected.states.map(({ state }) => state)).toEqual(["listing", "live"]);
      },
      CONTRACT_TIMEOUT_MS,
    );

    test(
      "survives that its kind vanishes and comes back, and forgets the objects that went with it",
      async () => {
        const namespace = await world.server.createNamespace();
        const served = world.served("Bucket");
        await world.server.create(bucket(namespace, "before"));
        await using reflected = reflect(world.transport(), served);
        await until("it is live", () => reflected.seen("live") && reflected.store.has(`${namespace}/before`));
        await world.server.removeKind(served);
        await until("it is absent", () => reflected.seen("absent"));
        await world.server.restoreKind(served);
        await world.server.create(bucket(namespace, "after"));
        await untilEqual(reflected, served);
        await reflected.end();
        expect([...reflected.store.keys()]).toEqual([`${namespace}/after`]);
      },
      CONTRACT_TIMEOUT_MS,
    );

    test(
      "survives that the API server is killed and restarted, by itself and with nothing lost",
      async () => {
        const namespace = await world.server.createNamespace();
        const served = world.served("Kustomization");
        const [kept, changed, removed] = ["kept", "changed", "removed"].map((name) =>
          kustomization(namespace, name),
        ) as [ReturnType<typeof kustomization>, ReturnType<typeof kustomization>, ReturnType<typeof kustomization>];
        for (const object of [kept, changed, removed]) await world.server.create(object);
        await using reflected = reflect(world.transport(), served);
        await until("it is live", () => reflected.seen("live"));
        await world.server.kill();
        await until("it is broken", () => reflected.seen("broken"));
        await world.server.restart();
        await Promise.all([
          world.server.change(changed, { spec: { suspend: true } }),
          world.server.remove(removed),
          world.server.create(kustomization(namespace, "created")),
        ]);
        await untilEqual(reflected, served);
        await reflected.end();
        const names = [...reflected.store.keys()].filter((key) => key.startsWith(`${namespace}/`)).sort();
        expect(names).toEqual(["changed", "created", "kept"].map((name) => `${namespace}/${name}`));
      },
      CONTRACT_TIMEOUT_MS,
    );
  });
}
