import { findChromium } from "./chromium.ts";
import { CLUSTER_BINARIES, type Found, findClusterTools, findFluxCrds, findKwokStages } from "./cluster-tools.ts";

export type Requirement = "kube-apiserver" | "flux" | "chromium";

/**
 * Whether this machine has what a test file needs:
 * `const cluster = await requirement("kube-apiserver"); describe.skipIf(!cluster)(…)`. Builds nothing.
 *
 * - `kube-apiserver`: etcd, kube-apiserver, openssl and Flux's CRDs
 * - `flux`: also the controllers, kwok and git
 * - `chromium`: a browser for `launchChromium`
 *
 * @throws with `CI=true` when it is missing: there a skipped test is a failed one
 */
export async function requirement(name: Requirement): Promise<true | undefined> {
  const found = await lookFor(name);
  if (found.ok) return true;
  const sentence = `${name} is missing: ${found.reason}`;
  if (process.env.CI === "true") throw new Error(sentence);
  console.error(`skipped, because ${sentence}`);
  return undefined;
}

export async function lookFor(name: Requirement): Promise<Found<unknown>> {
  if (name === "chromium") return findChromium();
  const commands = name === "flux" ? ["openssl", "git"] : ["openssl"];
  const absent = commands.filter((command) => Bun.which(command) === null);
  if (absent.length > 0) return { ok: false, reason: `the command ${absent.join(" and ")} is not installed` };
  const tools = await findClusterTools(name === "flux" ? CLUSTER_BINARIES : ["etcd", "kube-apiserver"]);
  if (!tools.ok) return tools;
  const crds = findFluxCrds();
  return crds.ok && name === "flux" ? findKwokStages() : crds;
}
