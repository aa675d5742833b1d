import type { ClusterTarget, ExecCredential, Kubeconfig } from "@flux-orchestrator/k8s";

/**
 * The kubeconfig on the disk of the computer this runs on. Implemented by the server in local mode only, over
 * `@flux-orchestrator/k8s/local-exec`; in any other mode there is none and nothing can be read or run.
 */
export interface LocalKubeconfigPort {
  /** Reads and parses the files again; never throws, a problem is its `reason`. */
  read(): Promise<LocalKubeconfigFile>;
  /** Whether a person has allowed this exec plugin: the hash covers file, command, arguments and environment. */
  isApproved(hash: string): Promise<boolean>;
  /** Prints a code for this plugin on the terminal `start` runs in. Codes end after some minutes. */
  printCode(plugin: { context: string; hash: string; command: readonly string[] }): Promise<void>;
  /** True when the code is the one printed for this hash; the plugin is approved from then on. Wrong codes use it up. */
  redeem(hash: string, code: string): Promise<boolean>;
  /** Runs the approved plugin of a target. */
  credential(target: ClusterTarget): Promise<ExecCredential>;
}

export interface LocalKubeconfigFile {
  /** Null when there is none, or it cannot be used: `reason` says why. */
  kubeconfig: Kubeconfig | null;
  reason: string | null;
  paths: readonly string[];
}
