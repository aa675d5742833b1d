/** A program of the user's own kubeconfig that prints a credential; local mode only. */
export interface ExecPlugin {
  /** `client.authentication.k8s.io/v1` or `…/v1beta1`. */
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Folder of the kubeconfig: what a relative command is relative to. */
  baseDir: string;
  /** Hand the cluster's address and CA to the plugin. */
  provideClusterInfo: boolean;
  /** Names file, command, arguments and environment; a permission to run is bound to it. */
  hash: string;
}

/** A credential that is not in the target: what an exec plugin printed, or a service account's. Kept in memory only. */
export interface ExecCredential {
  token?: string;
  /** PEM. */
  cert?: string;
  /** PEM. */
  key?: string;
  /** Milliseconds since the epoch; absent: until the API server refuses it. */
  expiresAtMs?: number;
}

/**
 * One API server and the identity we have there. Made from a typed record by kubeconfig intake, never from the upload
 * itself; JSON-serialisable, because this is what is sealed. Secret as a whole.
 */
export interface ClusterTarget {
  /** `https://host:port[/path]`, no trailing slash. */
  server: string;
  /** PEM of one or more certificates; absent: the system's authorities. */
  ca?: string;
  /** Name in the server's certificate, when it is not the host (kubeconfig `tls-server-name`). */
  serverName?: string;
  /** TLS is not verified (kubeconfig `insecure-skip-tls-verify`). */
  insecure?: boolean;
  /** `http(s)://host:port` of a CONNECT proxy. The environment's proxies are never used. */
  proxy?: string;
  token?: string;
  basic?: { username: string; password: string };
  /** PEM; belongs together with `key`. */
  cert?: string;
  key?: string;
  exec?: ExecPlugin;
  /** Logs in as the pod that this server runs in, by a token that is renewed beside it. Never of a kubeconfig. */
  serviceAccount?: true;
}
