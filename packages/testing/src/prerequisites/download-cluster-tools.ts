import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../processes/run.ts";
import { clusterToolsFolder } from "./cache-folder.ts";
import type { ClusterBinary } from "./cluster-tools.ts";

const ENVTEST = "v1.36.0";
const FLUX = "v2.9.5";

/** What the official envtest archive holds; the controllers are published as container images only. */
export const DOWNLOADABLE: readonly ClusterBinary[] = ["etcd", "kube-apiserver"];

/** Downloads etcd and kube-apiserver as Kubernetes publishes them for tests. @throws when offline */
export async function downloadBinaries(report: (line: string) => void): Promise<void> {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const url = `https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-${ENVTEST}/envtest-${ENVTEST}-${platform}.tar.gz`;
  const folder = join(clusterToolsFolder(), "bin");
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, ".envtest-"));
  try {
    report(`downloading ${url}`);
    await writeFile(join(scratch, "envtest.tar.gz"), new Uint8Array(await (await download(url)).arrayBuffer()));
    await run(["tar", "-xzf", join(scratch, "envtest.tar.gz"), "-C", scratch, "--strip-components=2"]);
    for (const binary of DOWNLOADABLE) {
      await chmod(join(scratch, binary), 0o755);
      await rename(join(scratch, binary), join(folder, binary));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Takes the CRDs out of the manifest that a Flux release publishes. @throws when offline */
export async function downloadCrds(report: (line: string) => void): Promise<void> {
  const url = `https://github.com/fluxcd/flux2/releases/download/${FLUX}/install.yaml`;
  report(`downloading ${url}`);
  const documents = (await (await download(url)).text()).split(/^---$/m);
  const crds = documents.filter((text) => /^kind: CustomResourceDefinition$/m.test(text));
  const scratch = await mkdtemp(join(clusterToolsFolder(), ".crds-"));
  for (const [index, text] of crds.entries()) await writeFile(join(scratch, `${index}.yaml`), text);
  await rename(scratch, join(clusterToolsFolder(), "crds"));
}

async function download(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}
