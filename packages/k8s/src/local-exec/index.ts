/** Loaded in local mode only: the one place of this package that reads the user's files and starts programs. */
export * from "./read-local-kubeconfig.ts";
export * from "./run-exec-plugin.ts";
