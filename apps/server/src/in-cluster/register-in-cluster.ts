import { type Api, ensureInCluster, type Logger, perform } from "@flux-orchestrator/api";
import type { InClusterConfig } from "../config.ts";

/** Registers the cluster that this server runs in, unless it is; one that cannot be is said and does not stop the start. */
export async function registerInCluster(
  api: Api,
  log: Logger,
  { name, description, server, ca }: Omit<InClusterConfig, "directory"> & { ca: string },
): Promise<void> {
  const caller = { actor: { id: "system" }, requestId: crypto.randomUUID(), through: "system" as const };
  try {
    await perform(ensureInCluster, api.context(caller), { name, description, server, ca });
  } catch (error) {
    log.error(
      { err: error },
      "the cluster this server runs in could not be registered; IN_CLUSTER_NAME gives it another name",
    );
  }
}
