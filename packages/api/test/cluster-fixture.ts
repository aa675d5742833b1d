import { afterAll, beforeAll } from "bun:test";
import {
  createNamespace,
  getObject,
  installExtraCrds,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  type KubeObjectRef,
  patchStatus,
  type StaticToken,
  startKubeApiserver,
  until,
} from "@flux-orchestrator/testing";
import { getCluster } from "../src/cluster/get.ts";
import { registerCluster } from "../src/cluster/register.ts";
import { getStoredResource } from "../src/resource/get-stored.ts";
import { type ApiFixture, useApi } from "./api-fixture.ts";

/** The operations over a real API server with Flux's kinds, registered as `cluster`. No controller runs: the test is it. */
export interface ClusterFixture extends ApiFixture {
  readonly apiserver: KubeApiserver;
  /** Id of the registered cluster. */
  readonly cluster: string;
  namespace(): Promise<string>;
  /** As operations name an object. */
  ref(object: KubeObjectRef): ObjectRef;
  live(object: KubeObjectRef): Promise<KubeObject>;
  /** Waits until the watch has stored the object. */
  untilStored(object: KubeObjectRef, word?: string): Promise<void>;
  /** Registers an API server under a name and waits until it is watched. @returns its id */
  register(name: string, kubeconfig: string): Promise<string>;
}
export interface ObjectRef {
  cluster: string;
  kind: string;
  namespace: string;
  name: string;
}

type Options = Parameters<typeof useApi>[0] & {
  /** Kinds of the Flux Operator and of image automation too, as far as this machine has them. */
  extraKinds?: boolean;
  tokens?: readonly StaticToken[];
};

/** One API server, database and fleet for one test file; each test takes a namespace of its own. */
export function useCluster(options: Options = {}): ClusterFixture {
  const api = useApi(options);
  let apiserver: KubeApiserver | undefined;
  let cluster = "";
  const running = () => apiserver ?? expectedStarted();
  beforeAll(async () => {
    apiserver = await startKubeApiserver(options.tokens === undefined ? {} : { tokens: options.tokens });
    await installFluxCrds(apiserver);
    if (options.extraKinds === true) await installExtraCrds(apiserver);
    cluster = await register("main", apiserver.kubeconfig());
  }, 240_000);
  // After the fleet's own end, which was declared before.
  afterAll(() => apiserver?.stop(), 180_000);

  const register: ClusterFixture["register"] = async (name, kubeconfig) => {
    const { id } = await api.perform(registerCluster, { name, kubeconfig });
    await until(`${name} is watched`, async () => (await api.perform(getCluster, { cluster: id })).stream === "live");
    return id;
  };
  const ref = ({ kind, metadata }: KubeObjectRef): ObjectRef => ({
    cluster,
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
  });
  return Object.defineProperties(api as ClusterFixture, {
    apiserver: { get: running },
    cluster: { get: () => cluster },
    namespace: { value: () => createNamespace(running(), "api") },
    ref: { value: ref },
    live: { value: (object: KubeObjectRef) => getObject(running(), object) },
    register: { value: register },
    untilStored: {
      value: (object: KubeObjectRef, word?: string) =>
        until(`${object.kind} ${object.metadata.name} is stored`, async () => {
          const stored = await api.perform(getStoredResource, ref(object));
          if (word === undefined) return true;
          const [row] = await api.database.sql<{ word: string }[]>`
            select word from flux_resources where cluster_id = ${stored.clusterId} and kind = ${stored.kind}
              and namespace = ${stored.namespace} and name = ${stored.name}`;
          return row?.word === word;
        }),
    },
  });
}

/** What a controller writes when it has handled the object as it is now. */
export async function asController(
  apiserver: KubeApiserver,
  object: KubeObjectRef,
  said: { ready: "True" | "False"; message?: string; status?: object },
): Promise<KubeObject> {
  const live = await getObject(apiserver, object);
  const requested = live.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
  return patchStatus(apiserver, object, {
    observedGeneration: live.metadata.generation,
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    conditions: [
      {
        type: "Ready",
        status: said.ready,
        reason: said.ready === "True" ? "ReconciliationSucceeded" : "BuildFailed",
        message: said.message ?? "said the controller",
        lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
        observedGeneration: live.metadata.generation,
      },
    ],
    ...said.status,
  });
}

function expectedStarted(): never {
  throw new Error("the API server starts before the first test");
}
