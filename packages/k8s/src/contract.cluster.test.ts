import { describe } from "bun:test";
import {
  createNamespace,
  createObject,
  deleteObject,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  kubeRequest,
  patchObject,
  requirement,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import type { ContractServer } from "../test/contract/contract-server.ts";
import { contractSuite } from "../test/contract/contract-suite.ts";
import type { ServedKind } from "./discovery.ts";

describe.skipIf(!(await requirement("kube-apiserver")))("the contract", () => {
  contractSuite("of a real kube-apiserver", startRealServer);
});

async function startRealServer(): Promise<ContractServer> {
  const apiserver = await startKubeApiserver({ tokens: [{ token: "token-of-powerless", user: "powerless" }] });
  await installFluxCrds(apiserver);
  const { server, ca, adminCert, adminKey } = apiserver;
  const removedKinds = new Map<string, KubeObject>();
  return {
    target(identity) {
      if (identity === "admin") return { server, ca, cert: adminCert, key: adminKey };
      return { server, ca, token: `token-of-${identity}` };
    },
    createNamespace: () => createNamespace(apiserver),
    create: (object) => createObject(apiserver, object),
    change: (object, patch) => patchObject(apiserver, object, patch),
    remove: (object) => deleteObject(apiserver, object),
    async compact() {
      await compactEtcd(apiserver);
      // It keeps snapshots of what etcd has forgotten for some minutes; a new one has none.
      await apiserver.restart();
    },
    async removeKind(served) {
      const path = crdPath(served);
      removedKinds.set(path, await kubeRequest(apiserver, "GET", path));
      await kubeRequest(apiserver, "DELETE", path);
      await until(`${served.plural} are gone`, () => isAbsent(apiserver, path));
    },
    async restoreKind(served) {
      const { apiVersion, kind, metadata, spec } = removedKinds.get(crdPath(served))!;
      const crd = { apiVersion, kind, metadata: { name: metadata.name }, spec };
      await kubeRequest(apiserver, "POST", crdPath(served).replace(/\/[^/]+$/, ""), crd);
      const collection = `/apis/${served.group}/${served.version}/${served.plural}`;
      await until(`${served.plural} are served`, async () => Boolean(await kubeRequest(apiserver, "GET", collection)));
    },
    kill: () => apiserver.kill(),
    restart: () => apiserver.restart(),
    [Symbol.asyncDispose]: () => apiserver.stop(),
  };
}

const crdPath = ({ plural, group }: ServedKind) =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;

async function isAbsent(apiserver: KubeApiserver, path: string): Promise<boolean> {
  return kubeRequest(apiserver, "GET", path).then(
    () => false,
    (error: { status?: number }) => error.status === 404,
  );
}

/** Through etcd's own API: the API server itself compacts every five minutes. */
async function compactEtcd({ etcdPort }: KubeApiserver): Promise<void> {
  const ask = async (path: string, body: object) => {
    const response = await fetch(`http://127.0.0.1:${etcdPort}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd answered ${path} with ${response.status}: ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  // A write makes the newest version one that nobody has seen yet, so that every version seen is gone.
  const { header } = await ask("/v3/kv/put", { key: btoa("/compacted"), value: "" });
  await ask("/v3/kv/compaction", { revision: header.revision, physical: true });
}
