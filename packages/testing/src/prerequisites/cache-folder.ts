import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The Go modules that pin every cluster binary. */
export const GO_MODULES = resolve(import.meta.dir, "../../../../scripts/cluster-tools");

/**
 * Where built cluster tools are kept between runs: `bin/NAME`, `crds/*.yaml`, `kwok-stages.yaml`.
 * The name is a hash of everything that decides what is built, so a new version never meets an old binary.
 */
export function clusterToolsFolder(): string {
  const given = process.env.FLUX_ORCHESTRATOR_CLUSTER_TOOLS;
  if (given) return given;
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of ["go.mod", "go.sum", "notification/go.mod", "notification/go.sum"])
    hash.update(readFileSync(join(GO_MODULES, file)));
  hash.update(readFileSync(join(import.meta.dir, "build-cluster-tools.ts")));
  return join(cacheFolder(), "cluster-tools", hash.digest("hex"));
}

function cacheFolder(): string {
  const { FLUX_ORCHESTRATOR_CACHE, XDG_CACHE_HOME, HOME } = process.env;
  if (FLUX_ORCHESTRATOR_CACHE) return resolve(FLUX_ORCHESTRATOR_CACHE);
  // The XDG specification has relative paths ignored.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "flux-orchestrator");
  if (HOME || (process.platform === "win32" && homedir())) return join(homedir(), ".cache", "flux-orchestrator");
  return join(tmpdir(), `flux-orchestrator-cache-${process.getuid?.() ?? 0}`);
}
