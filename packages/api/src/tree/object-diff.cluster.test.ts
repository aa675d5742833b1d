import { beforeAll, describe, expect, test } from "bun:test";
import type { ObjectDiff } from "@flux-orchestrator/contract";
import { createNamespace, createObject, kubeRequest, objectPath, requirement } from "@flux-orchestrator/testing";
import { type AppliedWorld, applyWorld, SECRET_MARK } from "../../test/applied-world.ts";
import { useFlux } from "../../test/flux-fixture.ts";
import { objectDiff } from "./object-diff.ts";

describe.skipIf(!(await requirement("flux")))("the difference between what is wanted and what lives", () => {
  const fixture = useFlux({ tokens: [{ token: "no-secrets", user: "no-secrets" }] });
  let world: AppliedWorld;
  beforeAll(async () => {
    world = await applyWorld(fixture.flux);
  }, 180_000);

  const diff = (kind: string, name: string, cluster = fixture.cluster) =>
    fixture.perform(objectDiff, { cluster, kind, namespace: world.namespace, name });
  const apiVersionOf = (kind: string) => (kind === "Deployment" ? "apps/v1" : "v1");
  /** As a person would, under a field manager of theirs. */
  const edit = (kind: string, name: string, patch: object) => {
    const path = objectPath({ apiVersion: apiVersionOf(kind), kind, metadata: { name, namespace: world.namespace } });
    return kubeRequest(fixture.flux.apiserver, "PATCH", `${path}?fieldManager=kubectl-edit`, patch);
  };
  const told = ({ differences }: Pick<ObjectDiff, "differences">) =>
    differences.map(({ path, difference, desired, actual, managers }) => [
      path,
      difference,
      desired,
      actual,
      managers.map(({ name }) => name).join(),
    ]);

  test("is nothing where nobody touched what Helm installed, whatever the API server made of it", async () => {
    const release = await diff("HelmRelease", "greeter");
    expect(release.objects).toEqual(
      ["Secret", "ConfigMap", "Deployment"].map((kind) => ({
        group: kind === "Deployment" ? "apps" : "",
        kind,
        namespace: world.namespace,
        name: "greeter",
        differences: [],
        stub: kind === "Secret" ? "secret" : null,
      })),
    );
    const deployment = await diff("Deployment", "greeter");
    expect(deployment).toMatchObject({ desiredFrom: "helm-release", notAvailable: null, differences: [] });
    expect(deployment.applier).toEqual({ kind: "HelmRelease", namespace: world.namespace, name: "greeter" });
    // It is what Helm stored, and no copy of what lives.
    expect(deployment.desired).toMatchObject({
      spec: { template: { spec: { containers: [{ resources: { requests: { cpu: 0.1, memory: "1024Mi" } } }] } } },
    });
    expect(deployment.actual).toMatchObject({
      spec: { template: { spec: { containers: [{ resources: { requests: { cpu: "100m", memory: "1Gi" } } }] } } },
    });
  });

  test("is every field somebody changed, took away or added, with who it was", async () => {
    await edit("Deployment", "greeter", { spec: { replicas: 3 }, metadata: { annotations: { why: "more load" } } });
    await edit("ConfigMap", "greeter", { data: { greeting: null, more: "text" } });
    const expected = {
      Deployment: [
        ["metadata.annotations.why", "taken", undefined, "more load", "kubectl-edit"],
        ["spec.replicas", "changed", 1, 3, "kubectl-edit"],
      ],
      ConfigMap: [
        ["data.greeting", "removed", `${SECRET_MARK}-values`, undefined, ""],
        ["data.more", "taken", undefined, "text", "kubectl-edit"],
      ],
    };
    expect(told(await diff("Deployment", "greeter"))).toEqual(expected.Deployment);
    expect(told(await diff("ConfigMap", "greeter"))).toEqual(expected.ConfigMap);
    const { objects } = await diff("HelmRelease", "greeter");
    expect(
      Object.fromEntries(objects!.filter(({ stub }) => stub === null).map((one) => [one.kind, told(one)])),
    ).toEqual(expected);
  });

  test("of what a Kustomization applied is what somebody took from it, and why no more is known", async () => {
    const before = await diff("Deployment", "web");
    expect(before).toMatchObject({ desired: null, desiredFrom: null, differences: [] });
    expect(before.notAvailable).toContain(`Kustomization ${world.namespace}/app`);
    const image = [{ name: "main", image: "registry.example/web:2" }];
    const path = objectPath({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: world.namespace },
    });
    await kubeRequest(
      fixture.flux.apiserver,
      "PATCH",
      `${path}?fieldManager=kubectl-edit`,
      { spec: { replicas: 2, template: { spec: { containers: image } } } },
      "application/strategic-merge-patch+json",
    );
    expect(told(await diff("Deployment", "web"))).toEqual([
      ["spec.replicas", "taken", undefined, 2, "kubectl-edit"],
      ["spec.template.spec.containers[name=main].image", "taken", undefined, "registry.example/web:2", "kubectl-edit"],
    ]);
    const app = await diff("Kustomization", "app");
    expect(app).toMatchObject({ desired: null, notAvailable: before.notAvailable });
    const deployment = app.objects!.find(({ kind, name }) => kind === "Deployment" && name === "web")!;
    expect(told(deployment)).toEqual(told(await diff("Deployment", "web")));
    for (const { kind, stub } of app.objects!)
      expect([kind, stub]).toEqual([kind, kind === "Secret" ? "secret" : null]);
  });

  test("of what kubectl applied is taken from what kubectl left", async () => {
    const metadata = { name: "by-hand", namespace: await createNamespace(fixture.flux.apiserver) };
    const applied = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1", b: "2" } };
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(applied) };
    await createObject(fixture.flux.apiserver, {
      ...applied,
      metadata: { ...metadata, annotations },
      data: { a: "1", b: "3" },
    });
    const answer = await fixture.perform(objectDiff, { cluster: fixture.cluster, kind: "ConfigMap", ...metadata });
    expect(answer).toMatchObject({ desiredFrom: "last-applied", applier: null, desired: { data: { a: "1", b: "2" } } });
    expect(told(answer).map(([path, difference]) => [path, difference])).toEqual([["data.b", "changed"]]);
  });

  test("never holds what a Secret or the values of a HelmRelease hold", async () => {
    for (const [kind, name] of [
      ["Secret", "web"],
      ["Secret", "greeter"],
      ["HelmRelease", "greeter"],
      ["Kustomization", "app"],
    ] as const) {
      const { objects: _, ...answer } = await diff(kind, name);
      const text = JSON.stringify(answer);
      expect([kind, name, text.includes(SECRET_MARK)]).toEqual([kind, name, false]);
      expect(text).not.toContain(Buffer.from(SECRET_MARK).toString("base64").slice(0, 9));
    }
    await edit("Secret", "greeter", { stringData: { password: `${SECRET_MARK}-other` } });
    expect(told(await diff("Secret", "greeter"))).toEqual([
      ["data.password", "changed", "⟦masked⟧", "⟦masked⟧", "kubectl-edit"],
    ]);
  });

  test("says so where the credential may not read Helm's storage", async () => {
    const { apiserver } = fixture.flux;
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "no-secrets" } };
    const rules = [{ apiGroups: ["*"], resources: ["deployments", "helmreleases"], verbs: ["get", "list", "watch"] }];
    await createObject(apiserver, { ...rbac, kind: "ClusterRole", rules });
    await createObject(apiserver, {
      ...rbac,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "no-secrets" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "no-secrets" }],
    });
    const cluster = await fixture.registerAs("no-secrets");
    for (const kind of ["Deployment", "HelmRelease"]) {
      const answer = await diff(kind, "greeter", cluster);
      expect(answer).toMatchObject({ desired: null, objects: null });
      expect(answer.notAvailable).toContain("Nobody here may read the Secret sh.helm.release.v1.greeter.v1");
    }
  });
});
