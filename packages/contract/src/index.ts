export * from "./activity.ts";
export * from "./cluster.ts";
export * from "./errors.ts";
export * from "./kubeconfig.ts";
export * from "./live.ts";
export * from "./resource.ts";
export * from "./system.ts";
