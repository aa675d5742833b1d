import { clusterToolsFolder } from "./cache-folder.ts";
import { ensureChromium, findChromium } from "./chromium.ts";
import { ensureClusterTools } from "./ensure-cluster-tools.ts";
import { ensureExtraCrds } from "./extra-crds.ts";
import { lookFor, type Requirement } from "./requirement.ts";

export interface Prerequisites {
  /** For the environment of test processes, so that they need not look again. */
  readonly env: Record<string, string>;
  /** What this machine could not get, and why. */
  readonly missing: readonly { readonly requirement: Requirement; readonly reason: string }[];
}

/** Finds, builds, downloads or installs what tests require. @param report takes progress, a line at a time */
export async function ensurePrerequisites(
  wanted: readonly Requirement[],
  report: (line: string) => void,
): Promise<Prerequisites> {
  const tools = wanted.some((name) => name !== "chromium") ? await ensureClusterTools(report) : { ok: true as const };
  if (wanted.some((name) => name !== "chromium")) await ensureExtraCrds(report);
  if (wanted.includes("chromium")) await ensureChromium(report);
  const missing: { requirement: Requirement; reason: string }[] = [];
  for (const requirement of wanted) {
    const found = await lookFor(requirement);
    // Why it could not be built says more than that it is not there.
    if (!found.ok)
      missing.push({ requirement, reason: requirement === "chromium" || tools.ok ? found.reason : tools.reason });
  }
  const chromium = findChromium();
  return {
    env: {
      FLUX_ORCHESTRATOR_CLUSTER_TOOLS: clusterToolsFolder(),
      ...(chromium.ok ? { CHROMIUM_PATH: chromium.path } : {}),
    },
    missing,
  };
}
