import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type InventoryEntry, inventoryId } from "./inventory.ts";
import { DEPTH_MAX, type NestedNode, nestTree } from "./nest-tree.ts";
import type { KubeObject } from "./object.ts";
import { live, NOW } from "./test-live-objects.ts";
import { buildTree, type Tree } from "./tree.ts";
import { type TreeObject, treeId, treeObjectOf } from "./tree-object.ts";

const KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1/Kustomization";
const RELEASE = "helm.toolkit.fluxcd.io/v2/HelmRelease";
const DEPLOYMENT = "apps/v1/Deployment";

/** An object by type and name, what it applied and who owns it. */
const made = (
  type: string,
  name: string,
  { applied = [], owners = [], spec = {} }: { applied?: KubeObject[]; owners?: KubeObject[]; spec?: object } = {},
): KubeObject => {
  const object = live(type, { spec });
  return {
    ...object,
    metadata: {
      ...object.metadata,
      name,
      uid: `${type}/${name}`,
      ownerReferences: owners.map(({ metadata: { uid } }) => ({ uid, kind: "whatever" })),
    },
    status: { inventory: { entries: applied.map((one) => ({ id: inventoryId(entryOf(one)), v: "v1" })) } },
  };
};
const entryOf = (object: KubeObject): InventoryEntry => {
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  const { kind, metadata } = object;
  return { group: group!, kind, namespace: metadata.namespace ?? "", name: metadata.name, version: version! };
};
const treeOf = (...objects: KubeObject[]): Tree =>
  buildTree(
    objects.map((object) => treeObjectOf(object, NOW)),
    () => "not-found",
  );
/** As it is drawn, a line for each node. */
const drawn = (tree: Tree, roots: readonly string[] = tree.roots): string[] => {
  const lines = ({ node, children }: NestedNode, indent: string): string[] => [
    `${indent}${node.kind}/${node.name}${node.stub === null ? "" : ` (${node.stub})`}`,
    ...children.flatMap((child) => lines(child, `${indent}  `)),
  ];
  return roots.flatMap((root) => lines(nestTree(tree)(root), ""));
};

describe("§5.4 a tree", () => {
  const web = made(DEPLOYMENT, "web");
  const set = made("apps/v1/ReplicaSet", "web-1", { owners: [web] });
  const pod = made("v1/Pod", "web-1-a", { owners: [set] });
  const release = made(RELEASE, "hello", { applied: [web] });
  const app = made(KUSTOMIZATION, "app", { applied: [made("v1/ConfigMap", "gone"), release] });

  test("goes from appliers over their inventories and owners down to Pods; each Flux object is a root", () => {
    expect(drawn(treeOf(pod, set, release, web, app))).toEqual([
      "Kustomization/app",
      "  ConfigMap/gone (not-found)",
      "  HelmRelease/hello",
      "    Deployment/web",
      "      ReplicaSet/web-1",
      "        Pod/web-1-a",
      "HelmRelease/hello",
      "  Deployment/web",
      "    ReplicaSet/web-1",
      "      Pod/web-1-a",
    ]);
  });

  test("holds only what hangs below a Flux object", () => {
    const stray = made("v1/Pod", "stray");
    expect(
      treeOf(app, stray)
        .nodes.map(({ name }) => name)
        .sort(),
    ).toEqual(["app", "gone", "hello"]);
  });

  test("keeps two kinds of one name in two groups apart, and two objects of one name in two namespaces", () => {
    const service = made("v1/Service", "web");
    const knative = made("serving.knative.dev/v1/Service", "web");
    const elsewhere = { ...service, metadata: { ...service.metadata, namespace: "other", uid: "other" } };
    const all = made(KUSTOMIZATION, "all", { applied: [service, knative, elsewhere] });
    const { roots, nodes } = treeOf(all, service, knative, elsewhere);
    expect(nodes.find(({ id }) => id === roots[0])?.children).toEqual([
      "/Service/default/web",
      "serving.knative.dev/Service/default/web",
      "/Service/other/web",
    ]);
    expect(nodes.every(({ stub }) => stub === null)).toBe(true);
  });

  test("names what is applied to another cluster, and never takes what is named alike here for it", () => {
    const remote = made(KUSTOMIZATION, "remote", {
      applied: [web],
      spec: { kubeConfig: { secretRef: { name: "prod" } } },
    });
    const tree = treeOf(remote, web);
    expect(drawn(tree)).toEqual(["Kustomization/remote", "  Deployment/web (remote)"]);
    expect(tree.nodes.find(({ name }) => name === "remote")?.note).toContain("the cluster of Secret prod");
  });

  test("masks what labels, annotations and messages say", () => {
    const secretive = made(RELEASE, "secretive", { spec: { values: { password: "hunter2-of-values" } } });
    secretive.metadata.annotations = {
      "kubectl.kubernetes.io/last-applied-configuration": "hunter2",
      source: "https://robot:hunter2@git.example/x",
    };
    secretive.status = { conditions: [{ type: "Reconciling", status: "True", message: "with hunter2-of-values" }] };
    const [node] = treeOf(secretive).nodes;
    expect(JSON.stringify(node)).not.toContain("hunter2");
    expect(node?.annotations["source"]).toContain("git.example/x");
    expect(node?.message).toStartWith("with ");
  });
});

describe("§14 Q25 a tree", () => {
  const itself = made(KUSTOMIZATION, "flux-system");
  itself.status = { inventory: { entries: [{ id: inventoryId(entryOf(itself)), v: "v1" }] } };

  test("does not hold a Kustomization that applies itself a second time", () => {
    expect(drawn(treeOf(itself))).toEqual(["Kustomization/flux-system"]);
  });

  test("cuts a circle of appliers where it would close", () => {
    const [one, two, three] = ["one", "two", "three"].map((name) => made(KUSTOMIZATION, name)) as [
      KubeObject,
      KubeObject,
      KubeObject,
    ];
    for (const [from, to] of [
      [one, two],
      [two, three],
      [three, one],
    ] as const)
      from.status = { inventory: { entries: [{ id: inventoryId(entryOf(to)), v: "v1" }] } };
    const tree = treeOf(three, one, two);
    expect(drawn(tree, tree.roots.slice(0, 1))).toEqual([
      "Kustomization/one",
      "  Kustomization/two",
      "    Kustomization/three",
    ]);
    expect(tree.nodes).toHaveLength(3);
  });

  test("writes what several lead to out once for each root", () => {
    const web = made(DEPLOYMENT, "web");
    const pod = made("v1/Pod", "web-a", { owners: [web] });
    const [a, b] = ["a", "b"].map((name) => made(KUSTOMIZATION, name, { applied: [web] })) as [KubeObject, KubeObject];
    const top = made(KUSTOMIZATION, "top", { applied: [a, b] });
    const tree = treeOf(top, a, b, web, pod);
    expect(drawn(tree, ["kustomize.toolkit.fluxcd.io/Kustomization/default/top"])).toEqual([
      "Kustomization/top",
      "  Kustomization/a",
      "    Deployment/web",
      "      Pod/web-a",
      "  Kustomization/b",
      "    Deployment/web",
    ]);
  });

  test("is drawn to a depth nobody nests to, however long the chain is", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => made(KUSTOMIZATION, `k-${String(at).padStart(5, "0")}`));
    for (const [at, one] of chain.slice(0, -1).entries())
      one.status = { inventory: { entries: [{ id: inventoryId(entryOf(chain[at + 1]!)), v: "v1" }] } };
    const tree = treeOf(...chain);
    expect(tree.nodes).toHaveLength(chain.length);
    expect(drawn(tree, tree.roots.slice(0, 1))).toHaveLength(DEPTH_MAX);
  });
});

/** Any objects: whatever they apply and whoever owns them, themselves and each other included. */
const objects = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(KUSTOMIZATION, RELEASE, DEPLOYMENT, "v1/Pod"), fc.integer({ max: 6, min: 0 })),
    {
      maxLength: 14,
      selector: (one) => one.join(),
    },
  )
  .chain((named) => {
    const some = fc.array(fc.integer({ min: 0, max: Math.max(0, named.length - 1) }), { maxLength: 4 });
    return fc.tuple(
      fc.constant(named),
      fc.array(fc.tuple(some, some), { minLength: named.length, maxLength: named.length }),
    );
  })
  .map(([named, links]): TreeObject[] => {
    const bare = named.map(([type, number]) => made(type, `n${number}`));
    const pick = (places: number[]) => places.map((at) => bare[at]!);
    return named.map(([type, number], at) => {
      const [applied, owners] = links[at]!;
      return treeObjectOf(made(type, `n${number}`, { applied: pick(applied), owners: pick(owners) }), NOW);
    });
  });

describe("of any objects a tree", () => {
  test("is the same in whatever order they come", () => {
    fc.assert(
      fc.property(
        objects.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          const tree = buildTree(shuffled, () => "not-found");
          expect(tree).toEqual(buildTree(given, () => "not-found"));
          expect(drawn(tree)).toEqual(drawn(buildTree(given, () => "not-found")));
        },
      ),
      { seed: 7 },
    );
  });

  test("has no way back up, and holds nothing that is not below a root", () => {
    fc.assert(
      fc.property(objects, (given) => {
        const tree = buildTree(given, () => "not-found");
        const nodes = new Map(tree.nodes.map((node) => [node.id, node]));
        const seen = new Set<string>();
        const walk = (id: string, way: readonly string[]) => {
          expect(way).not.toContain(id);
          seen.add(id);
          for (const child of nodes.get(id)!.children) walk(child, [...way, id]);
        };
        for (const root of tree.roots) walk(root, []);
        expect(seen.size).toBe(tree.nodes.length);
      }),
      { seed: 7 },
    );
  });

  test("has every Flux object given as a root, by kind, namespace and name", () => {
    fc.assert(
      fc.property(objects, (given) => {
        const flux = given.filter(({ group }) => group.endsWith("toolkit.fluxcd.io")).map(treeId);
        const { roots } = buildTree(given, () => "not-found");
        expect([...roots].sort()).toEqual(flux.sort());
        const kinds = roots.map((root) => root.split("/")[1]);
        expect(kinds.lastIndexOf("Kustomization")).toBeLessThan(
          kinds.indexOf("HelmRelease") === -1 ? kinds.length : kinds.indexOf("HelmRelease"),
        );
      }),
      { seed: 7 },
    );
  });
});
