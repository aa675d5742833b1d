import { beforeAll, describe, expect, test } from "bun:test";
import type { ResourceTree } from "@flux-orchestrator/contract";
import { type NestedNode, nestTree } from "@flux-orchestrator/flux";
import { createObject, kubeRequest, objectPath, patchStatus, requirement, until } from "@flux-orchestrator/testing";
import { type AppliedWorld, applyWorld, SECRET_MARK } from "../../test/applied-world.ts";
import { useFlux } from "../../test/flux-fixture.ts";
import { clusterTree } from "./cluster-tree.ts";
import { objectTree } from "./object-tree.ts";

/** Without what is made up anew each time: names of Pods and ReplicaSets. */
const nameOf = (name: string) =>
  name.replace(/^(greeter|web)-[a-z0-9]+(-[a-z0-9]+)?$/, (_, app, pod) => `${app}-…${pod === undefined ? "" : "-…"}`);
const drawn = (tree: ResourceTree, root: string): string[] => {
  const lines = ({ node, children }: NestedNode, indent: string): string[] => [
    `${indent}${node.kind}/${nameOf(node.name)}${node.stub === null ? ` ${node.health}` : ` (${node.stub})`}`,
    ...children.flatMap((child) => lines(child, `${indent}  `)),
  ];
  return lines(nestTree(tree)(root), "");
};

describe.skipIf(!(await requirement("flux")))("the tree of what Flux applied", () => {
  const fixture = useFlux({
    tokens: [
      { token: "namespaced", user: "namespaced" },
      { token: "flux-only", user: "flux-only" },
    ],
  });
  let world: AppliedWorld;
  const idOf = (kind: "Kustomization" | "HelmRelease", name: string) =>
    `${kind === "Kustomization" ? "kustomize" : "helm"}.toolkit.fluxcd.io/${kind}/${world.namespace}/${name}`;
  const ref = (kind: "Kustomization" | "HelmRelease", name: string, cluster = fixture.cluster) => ({
    cluster,
    kind,
    namespace: world.namespace,
    name,
  });

  beforeAll(async () => {
    world = await applyWorld(fixture.flux);
  }, 180_000);

  const GREETER = [
    "HelmRelease/greeter Healthy",
    "  ConfigMap/greeter Healthy",
    "  Deployment/greeter Healthy",
    "    ReplicaSet/greeter-… Unknown",
    "      Pod/greeter-…-… Healthy",
    "  Secret/greeter (secret)",
  ];
  const app = () => [
    "Kustomization/app Healthy",
    `  ClusterRole/system:${world.namespace} Healthy`,
    "  ConfigMap/web Healthy",
    "  Deployment/web Healthy",
    "    ReplicaSet/web-… Unknown",
    "      Pod/web-…-… Healthy",
    ...GREETER.map((line) => `  ${line}`),
    "  Kustomization/child Healthy",
    "    ConfigMap/other Healthy",
    "  Secret/web (secret)",
  ];

  test("of a cluster goes down to the Pods, whatever the chain of appliers", async () => {
    const tree = await fixture.perform(clusterTree, { cluster: fixture.cluster });
    expect(drawn(tree, idOf("Kustomization", "app"))).toEqual(app());
    expect(drawn(tree, idOf("HelmRelease", "greeter"))).toEqual(GREETER);
    expect(tree.unread).toEqual([]);
    const kinds = tree.roots.map((root) => root.split("/").slice(1).join("/").replace(`${world.namespace}/`, ""));
    expect(kinds).toEqual([
      "Kustomization/app",
      "Kustomization/child",
      "HelmRelease/greeter",
      "GitRepository/all",
      "HelmRepository/charts",
      `HelmChart/${world.namespace}-greeter`,
    ]);
  });

  test("is the same at every call, and without anything secret", async () => {
    const [one, other] = [
      await fixture.perform(clusterTree, { cluster: fixture.cluster }),
      await fixture.perform(clusterTree, { cluster: fixture.cluster }),
    ];
    expect(other).toEqual(one);
    expect(JSON.stringify(one)).not.toContain(SECRET_MARK);
    expect(JSON.stringify(one)).not.toContain(Buffer.from(SECRET_MARK).toString("base64").slice(0, 9));
  });

  test("has the settled word of its Flux objects", async () => {
    await until("the words are stored", async () => {
      const { nodes } = await fixture.perform(objectTree, ref("Kustomization", "app"));
      return nodes.every(({ group, word }) => (word === "Ready") === group.endsWith("toolkit.fluxcd.io"));
    });
  });

  test("of one object is its part of the cluster's", async () => {
    const tree = await fixture.perform(objectTree, ref("Kustomization", "app"));
    expect(tree.roots).toEqual([idOf("Kustomization", "app")]);
    expect(drawn(tree, tree.roots[0]!)).toEqual(app());
    const child = await fixture.perform(objectTree, ref("Kustomization", "child"));
    expect(child.nodes.map(({ name }) => name)).toEqual(["other", "child"]);
  });

  test("names what is gone from the cluster", async () => {
    const path = objectPath({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "other", namespace: world.namespace },
    });
    await kubeRequest(fixture.flux.apiserver, "DELETE", path);
    const expected = ["Kustomization/child Healthy", "  ConfigMap/other (not-found)"];
    const cluster = await fixture.perform(clusterTree, { cluster: fixture.cluster });
    expect(drawn(cluster, idOf("Kustomization", "child"))).toEqual(expected);
    const child = await fixture.perform(objectTree, ref("Kustomization", "child"));
    expect(drawn(child, child.roots[0]!)).toEqual(expected);
    expect(child.nodes.find(({ name }) => name === "other")).toMatchObject({ kstatus: "NotFound", health: "Unknown" });
    await createObject(fixture.flux.apiserver, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "other", namespace: world.namespace },
    });
  });

  test("names what this reader may not see, and shows the rest", async () => {
    fixture.rights.give("narrow", {
      allows: (permission, { namespace }) => permission !== "resource.read" || namespace === world.namespace,
    });
    const tree = await fixture.perform(objectTree, ref("Kustomization", "app"), "narrow");
    expect(drawn(tree, tree.roots[0]!)).toEqual(
      app().map((line) => line.replace(/(ClusterRole\/.*) Healthy/, "$1 (forbidden)")),
    );
    expect((await fixture.refusal(clusterTree, { cluster: fixture.cluster }, "narrow")).code).toBe("FORBIDDEN");
    fixture.rights.give("elsewhere", { allows: (permission) => permission === "cluster.read" });
    expect((await fixture.refusal(objectTree, ref("Kustomization", "app"), "elsewhere")).code).toBe("FORBIDDEN");
  });

  test("a credential that may list one namespace only is asked for that one", async () => {
    const { apiserver } = fixture.flux;
    await grantFlux("namespaced");
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "reader", namespace: world.namespace },
      rules: [
        { apiGroups: ["", "apps"], resources: ["deployments", "replicasets", "configmaps"], verbs: ["get", "list"] },
      ],
    });
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "reader", namespace: world.namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "namespaced" }],
    });
    const cluster = await fixture.registerAs("namespaced");
    const tree = await fixture.perform(clusterTree, { cluster });
    expect(drawn(tree, idOf("HelmRelease", "greeter"))).toEqual(GREETER.filter((line) => !line.includes("Pod")));
    expect(tree.unread).toContainEqual({ group: "", kind: "Pod", namespace: world.namespace, reason: "forbidden" });
    expect(drawn(tree, idOf("Kustomization", "app"))[1]).toBe(`  ClusterRole/system:${world.namespace} (forbidden)`);
  });

  test("of a HelmRelease that does not say what it applied is what Helm stored, where the credential may read that", async () => {
    const { apiserver, controllers } = fixture.flux;
    // It would say it again.
    await controllers.kill("helm");
    await patchStatus(apiserver, world.release, { inventory: null });
    const own = await fixture.perform(objectTree, ref("HelmRelease", "greeter"));
    expect(drawn(own, own.roots[0]!)).toEqual(GREETER);
    const all = await fixture.perform(clusterTree, { cluster: fixture.cluster });
    expect(drawn(all, idOf("HelmRelease", "greeter"))).toEqual(GREETER);
    expect(JSON.stringify([own, all])).not.toContain(SECRET_MARK);

    await grantFlux("flux-only");
    const cluster = await fixture.registerAs("flux-only");
    const told = await fixture.perform(objectTree, ref("HelmRelease", "greeter", cluster));
    expect(told.nodes).toHaveLength(1);
    expect(told.nodes[0]?.note).toContain("Nobody here may read the Secret sh.helm.release.v1.greeter.v1");
    await controllers.start("helm");
  });

  test("of a cluster that cannot be asked is its failure", async () => {
    expect((await fixture.refusal(clusterTree, { cluster: crypto.randomUUID() })).code).toBe("CLUSTER_NOT_FOUND");
    expect((await fixture.refusal(objectTree, ref("Kustomization", "none"))).code).toBe("OBJECT_NOT_FOUND");
  });

  /** Flux's own kinds, everywhere. */
  async function grantFlux(user: string): Promise<void> {
    const { apiserver } = fixture.flux;
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: user },
      rules: ["kustomize", "helm", "source"].map((name) => ({
        apiGroups: [`${name}.toolkit.fluxcd.io`],
        resources: ["*"],
        verbs: ["get", "list", "watch"],
      })),
    });
    await createObject(apiserver, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: user },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }],
    });
  }
});
