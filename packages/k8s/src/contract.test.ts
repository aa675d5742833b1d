import { type KubeObject, objectPath, startSimulatedFleet } from "@flux-orchestrator/testing";
import type { ContractServer } from "../test/contract/contract-server.ts";
import { contractSuite } from "../test/contract/contract-suite.ts";

contractSuite("of a simulated API server", startSimulatedServer);

async function startSimulatedServer(): Promise<ContractServer> {
  const powerless = { "token-of-powerless": "powerless" };
  const fleet = await startSimulatedFleet({ clusters: 1, objects: 60, rate: 0, bookmarkSeconds: 1, powerless });
  const [cluster] = fleet.clusters;
  if (cluster === undefined) throw new Error("the fleet has no cluster");
  const { ca, token, server } = cluster;
  const call = async (method: string, path: string, body?: unknown) => {
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await fetch(`${server}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      tls: { ca },
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  };
  const collectionOf = (object: KubeObject) => objectPath(object).replace(/\/[^/]+$/, "");
  let namespaces = 0;
  return {
    target: (identity) => ({ server, ca, token: identity === "admin" ? token : `token-of-${identity}` }),
    async createNamespace() {
      const name = `test-${++namespaces}`;
      await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      return name;
    },
    create: (object) => call("POST", collectionOf(object), object),
    change: (object, patch) => call("PATCH", objectPath(object), patch),
    remove: (object) => call("DELETE", objectPath(object)),
    compact: async () => cluster.compact(),
    removeKind: async ({ kind }) => cluster.removeKind(kind),
    restoreKind: async ({ kind }) => cluster.restoreKind(kind),
    kill: () => cluster.stop(),
    restart: () => cluster.start(),
    [Symbol.asyncDispose]: () => fleet.stop(),
  };
}
