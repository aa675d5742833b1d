import type { LocalKubeconfigPort } from "@flux-orchestrator/api";
import { type ClusterTarget, KubeError } from "@flux-orchestrator/k8s";
import {
  localKubeconfigPaths,
  readLocalKubeconfig,
  resolveExec,
  runExecPlugin,
} from "@flux-orchestrator/k8s/local-exec";
import type { Config } from "../config.ts";
import { ExecApprovals } from "./exec-approvals.ts";

/**
 * The user's own kubeconfig, and the plugins it may run. This module is imported in local mode only: elsewhere nothing
 * that reads files of the user or starts programs is even loaded.
 *
 * @param print writes a line to the terminal that `start` runs in: a web page cannot read it there
 */
export function localKubeconfig(
  config: Pick<Config, "home" | "kubeconfig">,
  print: (line: string) => void,
): LocalKubeconfigPort {
  const approvals = new ExecApprovals(config.home);
  const paths = localKubeconfigPaths(config.kubeconfig);
  return {
    read: async () => readLocalKubeconfig(paths),
    isApproved: (hash) => approvals.isApproved(hash),
    async printCode({ context, hash, command }) {
      print(
        `Code ${approvals.issue(hash)} allows the context ${printable(context)} to run: ${command.map(printable).join(" ")}`,
      );
    },
    redeem: (hash, code) => approvals.redeem(hash, code),
    async credential(target) {
      await mustBeAllowed(target, approvals);
      return runExecPlugin(target);
    },
  };
}

/** Looked at before every run: a changed program, argument or variable is another plugin, which nobody has allowed. */
async function mustBeAllowed({ exec }: ClusterTarget, approvals: ExecApprovals): Promise<void> {
  const { hash: sealedHash, ...plugin } = exec ?? { hash: "" };
  const now =
    exec === undefined ? undefined : resolveExec(plugin as Omit<NonNullable<typeof exec>, "hash">).plugin.hash;
  if (now === sealedHash && (await approvals.isApproved(sealedHash))) return;
  throw new KubeError("CLUSTER_AUTH", "The command that logs in to this cluster changed since it was allowed.", {
    reason: "ExecPlugin",
  });
}

/** A terminal obeys control characters; names and arguments are shown without them. */
const printable = (text: string): string => text.replace(/\p{C}/gu, "�");
