import type { LocalKubeconfigPort } from "@flux-orchestrator/api";
import type { FleetOptions } from "@flux-orchestrator/fleet";
import { KubeError } from "@flux-orchestrator/k8s";
import type { ServiceAccount } from "./in-cluster/service-account.ts";

/** Where the credentials come from that are not in a cluster's target: as far as this server has them. */
export function credentialsOf(
  localKubeconfig: LocalKubeconfigPort | undefined,
  account: ServiceAccount | undefined,
): Pick<FleetOptions, "credentialOf"> {
  if (account === undefined && localKubeconfig === undefined) return {};
  return {
    async credentialOf(target) {
      const source = target.serviceAccount === undefined ? localKubeconfig : account;
      if (source !== undefined) return source.credential(target);
      throw new KubeError("CLUSTER_AUTH", "This server has no credential for this cluster.", {
        reason: "NoCredential",
      });
    },
  };
}
