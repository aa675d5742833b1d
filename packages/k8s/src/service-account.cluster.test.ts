import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  requirement,
  startKubeApiserver,
} from "@flux-orchestrator/testing";
import { failureOf } from "../test/failure-of.ts";
import type { ClusterTarget } from "./cluster-target.ts";
import { testConnection } from "./connection-test/test-connection.ts";
import { coreApi } from "./core-api.ts";
import { LOCAL_EGRESS } from "./egress.ts";
import { deploymentScope } from "./flux-deployments.ts";
import { SERVICE_ACCOUNT_MANIFEST } from "./service-account.ts";
import { createTransport } from "./transport.ts";

const TIMEOUT_MS = 180_000;

describe.skipIf(!(await requirement("kube-apiserver")))("the manifest that is recommended", () => {
  let apiserver: KubeApiserver | undefined;
  let target: ClusterTarget;
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
    for (const document of SERVICE_ACCOUNT_MANIFEST.split("---\n"))
      await createObject(apiserver, Bun.YAML.parse(document) as KubeObject);
    // Filling the Secret is a controller's work; the token is the same account's.
    const { status } = await kubeRequest(
      apiserver,
      "POST",
      "/api/v1/namespaces/flux-system/serviceaccounts/flux-orchestrator/token",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    );
    target = { server: apiserver.server, ca: apiserver.ca, token: status.token };
  }, TIMEOUT_MS);
  afterAll(() => apiserver?.stop(), TIMEOUT_MS);

  test("gives the rights that everything here needs", async () => {
    const steps = await Array.fromAsync(testConnection(target, { egress: LOCAL_EGRESS }));
    expect(steps.map(({ outcome }) => outcome)).toEqual(Array(7).fill("ok"));
    expect(steps[5]!.facts?.fluxVersion).toBe("v2.9.5");
    expect(steps[3]!.message).toContain("system:serviceaccount:flux-system:flux-orchestrator");
  });

  test("gives no others: Deployments are seen in its own namespace alone", async () => {
    const transport = createTransport(target, { egress: LOCAL_EGRESS });
    for (const path of [
      "/api/v1/secrets",
      "/api/v1/namespaces",
      "/apis/apps/v1/deployments",
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ])
      expect((await failureOf(transport.json(path))).code).toBe("CLUSTER_FORBIDDEN");
    expect(await deploymentScope(transport)).toBe("namespace");
    transport.close();
  });

  test("is not needed for core kinds: the generated classes run over the same transport", async () => {
    const { server, ca, adminCert, adminKey } = apiserver!;
    const transport = createTransport({ server, ca, cert: adminCert, key: adminKey }, { egress: LOCAL_EGRESS });
    const { core } = await coreApi(transport);
    const { items } = await core.listNamespace();
    expect(items.map(({ metadata }) => metadata?.name)).toContain("flux-system");
    expect(await core.readNamespace({ name: "absent" }).catch((error: { code: number }) => error.code)).toBe(404);
    transport.close();
  });
});
