import { type FakeNode, startFakeNode } from "../kubernetes/fake-node.ts";
import { type KubeApiserver, type StaticToken, startKubeApiserver } from "../kubernetes/kube-apiserver.ts";
import { startKubeControllerManager } from "../kubernetes/kube-controller-manager.ts";
import { type FluxControllers, startFluxControllers } from "./flux-controllers.ts";
import { installFluxCrds } from "./flux-crds.ts";
import { type GitSource, startGitSource } from "./git-source.ts";
import { type HelmSource, startHelmSource } from "./helm-source.ts";

/** A whole cluster on loopback: API server, controllers, a node whose pods become Ready, Flux, and sources to apply. */
export interface FluxCluster extends AsyncDisposable {
  readonly apiserver: KubeApiserver;
  readonly node: FakeNode;
  readonly controllers: FluxControllers;
  readonly git: GitSource;
  readonly helm: HelmSource;
  /** In reverse order of starting. */
  stop(): Promise<void>;
}

/**
 * Needs `requirement("flux")`; ready in about 8 s.
 *
 * @param options.labelSelector objects the controllers look at; all unless told
 * @param options.push whether the git source takes pushes
 */
export async function startFluxCluster(
  options: { name?: string; tokens?: readonly StaticToken[]; labelSelector?: string; push?: boolean } = {},
): Promise<FluxCluster> {
  const { labelSelector, push = false, ...ofApiserver } = options;
  await using started = new AsyncDisposableStack();
  const apiserver = started.use(await startKubeApiserver(ofApiserver));
  const git = started.use(await startGitSource({ push }));
  const helm = started.use(await startHelmSource());
  await installFluxCrds(apiserver);
  started.use(await startKubeControllerManager(apiserver));
  const node = started.use(await startFakeNode(apiserver));
  const controllers = started.use(
    await startFluxControllers(apiserver, labelSelector === undefined ? {} : { labelSelector }),
  );
  const owned = started.move();
  const stop = () => owned.disposeAsync();
  return { apiserver, node, controllers, git, helm, stop, [Symbol.asyncDispose]: stop };
}
