import { buildBinaries, copyModuleFiles } from "./build-cluster-tools.ts";
import { CLUSTER_BINARIES, type Found, findBinary, findFluxCrds, findKwokStages } from "./cluster-tools.ts";
import { DOWNLOADABLE, downloadBinaries, downloadCrds } from "./download-cluster-tools.ts";

/**
 * Finds every cluster tool, or builds it with Go, or downloads it, in this order; kept in the cache.
 * What could be had stays usable when the rest could not.
 */
export async function ensureClusterTools(report: (line: string) => void): Promise<Found<unknown>> {
  const absent = () => CLUSTER_BINARIES.filter((binary) => findBinary(binary) === undefined);
  const filesAbsent = () => !findFluxCrds().ok || !findKwokStages().ok;
  if (absent().length === 0 && !filesAbsent()) return { ok: true };

  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const sentence = `${what}: ${error instanceof Error ? error.message : error}`;
      report(sentence);
      failures.push(sentence.slice(0, 500));
    }
  };
  if (Bun.which("go") === null) failures.push("Go, which builds them, is not installed (https://go.dev/dl)");
  else {
    if (filesAbsent()) await attempt("copying from Go modules failed", copyModuleFiles);
    await attempt("building with Go failed", () => buildBinaries(absent(), report));
  }
  if (absent().some((binary) => DOWNLOADABLE.includes(binary)))
    await attempt("the download failed", () => downloadBinaries(report));
  if (!findFluxCrds().ok) await attempt("the download of Flux's CRDs failed", () => downloadCrds(report));

  const missing = [...absent(), ...(filesAbsent() ? ["files of Flux and kwok"] : [])];
  return missing.length === 0 ? { ok: true } : { ok: false, reason: `${missing.join(", ")}: ${failures.join("; ")}` };
}
