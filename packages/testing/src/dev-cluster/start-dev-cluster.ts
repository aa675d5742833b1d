import { rm, writeFile } from "node:fs/promises";
import { type FluxCluster, startFluxCluster } from "../flux/flux-cluster.ts";
import { installExtraCrds } from "../flux/flux-crds.ts";
import { createObject, untilReady } from "../kubernetes/kube-objects.ts";
import { seedObjects } from "../seed/seed-objects.ts";
import { SEEDED_LABEL } from "../seed/seeded-objects.ts";
import { BECOME_READY, bootstrapObjects, fleetRepository, GREETER_CHART } from "./fleet-repository.ts";

export interface DevClusterOptions {
  /** Name of the context in the kubeconfig. */
  readonly name: string;
  /** Where the kubeconfig is written, and removed again; a file that exists already is not touched. */
  readonly kubeconfigPath?: string;
  /** How many varied objects to add, and the number that decides what they are. */
  readonly seeded?: { readonly count: number; readonly seed: number };
}

export interface DevCluster extends AsyncDisposable {
  readonly kubeconfigPath: string;
  readonly gitUrl: string;
  stop(): Promise<void>;
}

/**
 * A cluster on loopback with real Flux controllers, a git and a Helm source, and a small fleet repository that Flux has
 * applied; one part of it fails on purpose. Needs `requirement("flux")`.
 *
 * @param report takes progress, a line at a time
 */
export async function startDevCluster(options: DevClusterOptions, report: (line: string) => void): Promise<DevCluster> {
  await using started = new AsyncDisposableStack();
  report("starting an API server, Flux's controllers, a git server and a Helm repository");
  const cluster = started.use(
    await startFluxCluster({ name: options.name, labelSelector: `!${SEEDED_LABEL}`, push: true }),
  );
  await installExtraCrds(cluster.apiserver);
  if (options.kubeconfigPath !== undefined) {
    const path = options.kubeconfigPath;
    await writeKubeconfig(path, cluster);
    started.defer(() => rm(path, { force: true }));
  }
  const gitUrl = await fillSources(cluster);
  for (const object of bootstrapObjects({ gitUrl })) await createObject(cluster.apiserver, object);
  if (options.seeded !== undefined) {
    await seedObjects(cluster.apiserver, options.seeded);
    report(`added ${options.seeded.count} seeded objects`);
  }
  report("waiting until Flux has applied the fleet repository");
  await Promise.all(BECOME_READY.map((ref) => untilReady(cluster.apiserver, ref)));
  const owned = started.move();
  const stop = () => owned.disposeAsync();
  const kubeconfigPath = options.kubeconfigPath ?? cluster.apiserver.kubeconfigPath;
  return { kubeconfigPath, gitUrl, stop, [Symbol.asyncDispose]: stop };
}

async function fillSources({ git, helm }: FluxCluster): Promise<string> {
  await helm.publish(GREETER_CHART);
  await git.commit("fleet", fleetRepository({ helmUrl: helm.url }), "Begin");
  return git.url("fleet");
}

async function writeKubeconfig(path: string, { apiserver }: FluxCluster): Promise<void> {
  try {
    // `wx`: the way to lose one's own kubeconfig must not be a wrong argument.
    await writeFile(path, apiserver.kubeconfig(), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${path} exists already: remove it, or name another file with --kubeconfig`);
  }
}
