import { afterAll, beforeAll } from "bun:test";
import { type FluxCluster, type StaticToken, startFluxCluster, until } from "@flux-orchestrator/testing";
import { getCluster } from "../src/cluster/get.ts";
import { registerCluster } from "../src/cluster/register.ts";
import { type ApiFixture, useApi } from "./api-fixture.ts";

/** The operations over a whole cluster in which Flux runs, registered as `cluster`. */
export interface FluxFixture extends ApiFixture {
  readonly flux: FluxCluster;
  /** Id of the registered cluster. */
  readonly cluster: string;
  /** Registers the same cluster under another of its tokens. @returns its id */
  registerAs(token: string): Promise<string>;
}

/** One cluster, database and fleet for one test file. */
export function useFlux(options: { tokens?: readonly StaticToken[] } = {}): FluxFixture {
  const api = useApi();
  let flux: FluxCluster | undefined;
  let cluster = "";
  const running = () => flux ?? expectedStarted();
  const register = async (name: string, kubeconfig: string) =>
    (await api.perform(registerCluster, { name, kubeconfig })).id;
  beforeAll(async () => {
    flux = await startFluxCluster(options);
    cluster = await register("main", flux.apiserver.kubeconfig());
    await until("the cluster is watched", async () => (await api.perform(getCluster, { cluster })).stream === "live");
  }, 180_000);
  // After the fleet's own end, which was declared before.
  afterAll(() => flux?.stop(), 180_000);
  return Object.defineProperties(api as FluxFixture, {
    flux: { get: running },
    cluster: { get: () => cluster },
    registerAs: { value: (token: string) => register(token, running().apiserver.kubeconfig({ user: { token } })) },
  });
}

function expectedStarted(): never {
  throw new Error("the cluster starts before the first test");
}
