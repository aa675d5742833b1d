import type { ExecPlugin } from "../cluster-target.ts";

/** What may be in a kubeconfig, by where it came from. */
export interface IntakeRules {
  /** Accept `insecure-skip-tls-verify: true`. */
  allowInsecureTls: boolean;
  /**
   * Reads a file the kubeconfig names and gives it as base64; only for the user's own kubeconfig on the user's own disk.
   * Without it every reference to a file is refused.
   */
  readFile?: (file: unknown, baseDir: string | null, path: string) => string;
  /** Finds the program of an exec plugin; only for the user's own kubeconfig. Without it exec is refused. */
  resolveExec?: (plugin: Omit<ExecPlugin, "hash">) => { plugin: ExecPlugin; path: string | null };
}
