import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../processes/run.ts";
import { clusterToolsFolder, GO_MODULES } from "./cache-folder.ts";
import type { ClusterBinary } from "./cluster-tools.ts";

const KUBERNETES = "v1.36.3";
const VERSION_PACKAGE = "k8s.io/component-base/version";
// Without these the API server calls itself `v0.0.0-master+$Format…`.
const LINKER_FLAGS = `-s -w ${Object.entries({
  gitVersion: KUBERNETES,
  gitMajor: "1",
  gitMinor: "36",
  gitTreeState: "clean",
  gitCommit: "0".repeat(40),
  buildDate: "1970-01-01T00:00:00Z",
})
  .map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`)
  .join(" ")}`;

/** notification-controller needs Kubernetes libraries of its own age, hence a second module. */
const IMPORT_PATHS: Record<ClusterBinary, { path: string; module?: "notification" }> = {
  etcd: { path: "go.etcd.io/etcd/server/v3" },
  "kube-apiserver": { path: "k8s.io/kubernetes/cmd/kube-apiserver" },
  "source-controller": { path: "github.com/fluxcd/source-controller" },
  "kustomize-controller": { path: "github.com/fluxcd/kustomize-controller" },
  "helm-controller": { path: "github.com/fluxcd/helm-controller" },
  "kube-controller-manager": { path: "k8s.io/kubernetes/cmd/kube-controller-manager" },
  kwok: { path: "sigs.k8s.io/kwok/cmd/kwok" },
  "notification-controller": { path: "github.com/fluxcd/notification-controller", module: "notification" },
};

/** Builds binaries with Go into the cache, one after another, since each uses every core; minutes with a cold Go cache. */
export async function buildBinaries(binaries: readonly ClusterBinary[], report: (line: string) => void): Promise<void> {
  const folder = join(clusterToolsFolder(), "bin");
  await mkdir(folder, { recursive: true });
  for (const [done, binary] of binaries.entries()) {
    const started = performance.now();
    const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
    const position = `${done + 1} of ${binaries.length}`;
    report(`building ${binary} (${position}; minutes when Go's own cache is empty)`);
    const progress = setInterval(() => report(`still building ${binary}, ${seconds()}`), 30_000);
    try {
      await buildBinary(binary, folder);
    } finally {
      clearInterval(progress);
    }
    report(`built ${binary} in ${seconds()}`);
  }
}

async function buildBinary(binary: ClusterBinary, folder: string): Promise<void> {
  const { path, module } = IMPORT_PATHS[binary];
  const scratch = await mkdtemp(join(folder, `.${binary}-`));
  try {
    const output = join(scratch, binary);
    await go(["build", "-mod=readonly", "-trimpath", "-ldflags", LINKER_FLAGS, "-o", output, path], module);
    // A rename is atomic: nobody ever starts half a binary, and of two builds at once the last one wins.
    await rename(output, join(folder, binary));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Copies Flux's CRDs and kwok's stages out of the Go modules, so that a warm run needs no Go. */
export async function copyModuleFiles(): Promise<void> {
  const folder = clusterToolsFolder();
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, ".files-"));
  try {
    await mkdir(join(scratch, "crds"));
    for (const controller of ["source", "kustomize", "helm", "notification"] as const) {
      const { path, module } = IMPORT_PATHS[`${controller}-controller`];
      const bases = join(await moduleFolder(path, module), "config/crd/bases");
      for (const file of await readdir(bases)) await copyFile(join(bases, file), join(scratch, "crds", file));
    }
    const stages = join(await moduleFolder("sigs.k8s.io/kwok"), "kustomize/stage");
    const files = [
      "node/fast/node-initialize.yaml",
      "pod/fast/pod-ready.yaml",
      "pod/fast/pod-complete.yaml",
      "pod/fast/pod-delete.yaml",
    ];
    const texts = await Promise.all(files.map((file) => Bun.file(join(stages, file)).text()));
    await writeFile(join(scratch, "kwok-stages.yaml"), texts.join("\n---\n"));
    await rename(join(scratch, "kwok-stages.yaml"), join(folder, "kwok-stages.yaml"));
    await rm(join(folder, "crds"), { recursive: true, force: true });
    await rename(join(scratch, "crds"), join(folder, "crds"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A module's folder in Go's module cache, downloaded if need be. */
async function moduleFolder(path: string, module?: string): Promise<string> {
  const found = JSON.parse(
    await go(["mod", "download", "-json", `${path}@${await moduleVersion(path, module)}`], module),
  );
  return found.Dir;
}

async function moduleVersion(path: string, module?: string): Promise<string> {
  return (await go(["list", "-mod=readonly", "-m", "-f", "{{.Version}}", path], module)).trim();
}

function go(args: string[], module = "."): Promise<string> {
  // GOFLAGS and GOWORK of the person who runs this must not change what is built.
  const env = {
    CGO_ENABLED: "0",
    GOFLAGS: "",
    GOWORK: "off",
    ...(process.env.HOME ? {} : { GOCACHE: goCache(), GOPATH: goCache("path") }),
  };
  return run(["go", ...args], { cwd: join(GO_MODULES, module), env });
}

/** Go refuses to work without a HOME to put its caches in. */
function goCache(part = "build"): string {
  return join(clusterToolsFolder(), "..", `go-${part}`);
}
