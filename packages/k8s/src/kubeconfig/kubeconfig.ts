import type { ClusterTarget } from "../cluster-target.ts";
import type { KubeconfigCode } from "./kubeconfig-error.ts";

/** What a kubeconfig holds for us. */
export interface Kubeconfig {
  contexts: KubeconfigContext[];
  currentContext: string | null;
}

/** One context: what may be shown of it, and the target that may not. */
export interface KubeconfigContext {
  name: string;
  /** Empty when the address itself is refused. */
  server: string;
  namespace: string | null;
  credentialKind: "token" | "client-certificate" | "basic" | "exec" | "none";
  insecureTls: boolean;
  /** Whether a proxy lies between. */
  proxy: boolean;
  /** When the credential ends, where it says so. */
  expiresAt: Date | null;
  /** Why it cannot be used; null when it can. */
  refusal: { code: KubeconfigCode; message: string; hint?: string } | null;
  /** The plugin that would run, as it may be shown: values that look secret are left out. */
  exec: { command: string[]; env: string[]; path: string | null; hash: string } | null;
  /** Secret; null when it is refused. */
  target: ClusterTarget | null;
}
