import { describe, expect, test } from "bun:test";
import { FLUX_KINDS } from "@flux-orchestrator/flux";
import { discoverKinds } from "../../src/api-resources.ts";
import { discoverFlux, pathOf } from "../../src/discovery.ts";
import { FIELD_MANAGER, FluxClient } from "../../src/flux-client.ts";
import { fluxVersion, kubernetesVersion } from "../../src/versions.ts";
import { failureOf } from "../failure-of.ts";
import { kustomization } from "./contract-server.ts";
import { CONTRACT_TIMEOUT_MS, type ContractWorld } from "./contract-suite.ts";

export function readContract(world: ContractWorld): void {
  describe("what it serves", () => {
    test("is found by one request, each kind at the version it prefers", async () => {
      const served = await discoverFlux(world.transport());
      const known = FLUX_KINDS.map(({ kind, group, plural }) => ({ kind, group, plural }));
      expect(served.length).toBeGreaterThan(5);
      for (const { kind, group, plural, version, namespaced, verbs } of served) {
        expect(known).toContainEqual({ kind, group, plural });
        expect({ kind, namespaced }).toEqual({ kind, namespaced: true });
        expect(verbs).toEqual(expect.arrayContaining(["get", "list", "watch", "patch"]));
        if (kind === "Kustomization") expect(version).toBe("v1");
      }
    });

    test("is the same for a client that knows only the discovery of old servers", async () => {
      const transport = world.transport();
      const old = Object.assign(Object.create(transport), {
        json: (path: string) => transport.json(path, { headers: { accept: "application/json" } }),
      });
      const sorted = (kinds: Awaited<ReturnType<typeof discoverFlux>>) =>
        kinds.map(({ group, version, plural, verbs }) => [group, version, plural, ...[...verbs].sort()].join()).sort();
      expect(sorted(await discoverFlux(old))).toEqual(sorted(await discoverFlux(transport)));
      const withAll = (kinds: Awaited<ReturnType<typeof discoverKinds>>) =>
        kinds.map((kind) => [pathOf(kind), kind.kind, kind.namespaced, ...[...kind.subresources].sort()].join()).sort();
      expect(withAll(await discoverKinds(old))).toEqual(withAll(await discoverKinds(transport)));
    });

    test("has kinds that are not Flux's, and kinds without a namespace", async () => {
      const kinds = await discoverKinds(world.transport());
      const find = (kind: string, group: string) => kinds.find((one) => one.kind === kind && one.group === group);
      expect(find("Deployment", "apps")).toMatchObject({ version: "v1", plural: "deployments", namespaced: true });
      expect(find("Pod", "")).toMatchObject({ version: "v1", plural: "pods", namespaced: true });
      expect(find("Namespace", "")).toMatchObject({ version: "v1", plural: "namespaces", namespaced: false });
      expect(find("Kustomization", "kustomize.toolkit.fluxcd.io")).toMatchObject({ version: "v1" });
    });

    test("has a version", async () => {
      expect(await kubernetesVersion(world.transport())).toMatch(/^v1\.\d+/);
    });

    test("has the version of Flux that its CustomResourceDefinitions are labelled with", async () => {
      expect(await fluxVersion(world.transport())).toBe("v2.9.5");
    });
  });

  describe("an object", () => {
    test("is read as it was created", async () => {
      const namespace = await world.server.createNamespace();
      await world.server.create(kustomization(namespace, "a"));
      const object = await new FluxClient(world.transport()).get(world.served("Kustomization"), {
        namespace,
        name: "a",
      });
      expect(object).toMatchObject({
        ...kustomization(namespace, "a"),
        metadata: { namespace, name: "a", generation: 1 },
      });
    });

    test("that is not there is not found, with and without its namespace", async () => {
      const namespace = await world.server.createNamespace();
      const client = new FluxClient(world.transport());
      for (const at of [
        { namespace, name: "absent" },
        { namespace: "absent", name: "absent" },
      ])
        expect(await failureOf(client.get(world.served("Kustomization"), at))).toMatchObject({
          code: "OBJECT_NOT_FOUND",
          status: 404,
        });
    });

    test("is changed by a merge patch under our own field manager, and nothing else of it", async () => {
      const namespace = await world.server.createNamespace();
      await world.server.create(kustomization(namespace, "a"));
      const client = new FluxClient(world.transport());
      const at = { namespace, name: "a" };
      const patched = await client.patch(world.served("Kustomization"), at, { spec: { suspend: true } });
      expect(patched.spec).toEqual({ ...kustomization(namespace, "a").spec, suspend: true });
      const ours = patched.metadata.managedFields!.filter(
        (entry) => (entry as { manager: string }).manager === FIELD_MANAGER,
      );
      expect(ours).toMatchObject([{ operation: "Update", fieldsV1: { "f:spec": { "f:suspend": {} } } }]);
      const resumed = await client.patch(world.served("Kustomization"), at, { spec: { suspend: null } });
      expect(resumed.spec).toEqual(kustomization(namespace, "a").spec);
    });

    test("is changed by a JSON patch, which replaces what it names as a whole", async () => {
      const namespace = await world.server.createNamespace();
      const object = kustomization(namespace, "a");
      await world.server.create(object);
      const client = new FluxClient(world.transport());
      const { metadata } = await client.get(world.served("Kustomization"), { namespace, name: "a" });
      const patch = (resourceVersion: string, operations: object[]) => {
        const version = { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion };
        return client.patch(world.served("Kustomization"), { namespace, name: "a" }, [version, ...operations]);
      };
      const sourceRef = { kind: "Bucket", name: "other" };
      const patched = await patch(metadata.resourceVersion, [
        { op: "add", path: "/spec/sourceRef", value: sourceRef },
        { op: "add", path: "/spec/timeout", value: "1m" },
      ]);
      expect(patched.spec).toEqual({ ...object.spec, sourceRef, timeout: "1m" });
      const removal = [{ op: "remove", path: "/spec/timeout" }];
      expect((await failureOf(patch(metadata.resourceVersion, removal))).code).toBe("CONFLICT");
      const removed = await patch(patched.metadata.resourceVersion, removal);
      expect(removed.spec).toEqual({ ...object.spec, sourceRef });
      expect((await failureOf(patch(removed.metadata.resourceVersion, removal))).code).toBe("CLUSTER_REJECTED");
    });

    test("that the cluster refuses says which fields, and nothing that stood in them", async () => {
      const namespace = await world.server.createNamespace();
      await world.server.create(kustomization(namespace, "a"));
      const client = new FluxClient(world.transport());
      const patch = { spec: { interval: "q7mark5z", prune: 5 } };
      const refused = await failureOf(client.patch(world.served("Kustomization"), { namespace, name: "a" }, patch));
      expect(refused.code).toBe("CLUSTER_REJECTED");
      expect(refused.fields).toContainEqual({ path: "spec.prune", message: "has the wrong type" });
      expect(JSON.stringify(refused.fields)).not.toContain("q7mark5z");
    });

    test("is not changed when the patch names an old version, is invalid, or there is no such object", async () => {
      const namespace = await world.server.createNamespace();
      await world.server.create(kustomization(namespace, "a"));
      const client = new FluxClient(world.transport());
      const patch = (name: string, body: object) =>
        failureOf(client.patch(world.served("Kustomization"), { namespace, name }, body));
      expect((await patch("a", { metadata: { resourceVersion: "1" } })).code).toBe("CONFLICT");
      expect((await patch("a", { spec: { interval: 42 } })).code).toBe("CLUSTER_REJECTED");
      expect((await patch("absent", { spec: { suspend: true } })).code).toBe("OBJECT_NOT_FOUND");
    });
  });

  describe("a list", () => {
    const names = ["a", "b", "c", "d", "e"];
    const filled = async () => {
      const namespace = await world.server.createNamespace();
      for (const name of names) await world.server.create(kustomization(namespace, name));
      return namespace;
    };

    test("comes in pages that are true at one version", async () => {
      const namespace = await filled();
      const client = new FluxClient(world.transport());
      const pages = await Array.fromAsync(client.pages(world.served("Kustomization"), { namespace, pageSize: 2 }));
      expect(pages.map(({ objects }) => objects.map(({ metadata }) => metadata.name))).toEqual([
        ["a", "b"],
        ["c", "d"],
        ["e"],
      ]);
      expect(pages.map(({ remaining, unreadable }) => [remaining, unreadable.length])).toEqual([
        [3, 0],
        [1, 0],
        [0, 0],
      ]);
      expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
      expect(pages[0]!.objects[0]).toMatchObject({
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
      });
    });

    test("of all namespaces has those of each", async () => {
      const namespaces = [await filled(), await filled()];
      const client = new FluxClient(world.transport());
      const pages = await Array.fromAsync(client.pages(world.served("Kustomization")));
      const found = pages
        .flatMap(({ objects }) => objects)
        .filter(({ metadata }) => namespaces.includes(metadata.namespace!));
      expect(found.length).toBe(2 * names.length);
    });

    test("that is empty is one empty page with a version", async () => {
      const namespace = await world.server.createNamespace();
      const client = new FluxClient(world.transport());
      const pages = await Array.fromAsync(client.pages(world.served("Kustomization"), { namespace }));
      expect(pages).toMatchObject([{ objects: [], remaining: 0 }]);
      expect(pages[0]!.resourceVersion).toMatch(/^\d+$/);
    });

    test(
      "cannot be continued once its version is gone",
      async () => {
        const namespace = await filled();
        const client = new FluxClient(world.transport());
        const pages = client.pages(world.served("Kustomization"), { namespace, pageSize: 2 });
        await pages.next();
        await world.server.compact();
        expect(await failureOf(pages.next())).toMatchObject({ code: "GONE", status: 410 });
      },
      CONTRACT_TIMEOUT_MS,
    );
  });
}
