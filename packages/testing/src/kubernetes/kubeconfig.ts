/** What a test may replace in an admin kubeconfig; an entry of `user` or `cluster` set to undefined is left out. */
export interface KubeconfigOverrides {
  readonly contextName?: string;
  readonly namespace?: string;
  /** Merged over `server` and `certificate-authority-data`. */
  readonly cluster?: Record<string, unknown>;
  /** Replaces the admin's client certificate: `{ token: "…" }`, `{ exec: … }`. */
  readonly user?: Record<string, unknown>;
}

export interface KubeconfigSource {
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly adminCert: string;
  readonly adminKey: string;
}

/** A kubeconfig of one context as YAML, certificates inline. */
export function kubeconfigOf(source: KubeconfigSource, overrides: KubeconfigOverrides = {}): string {
  const { contextName = source.name } = overrides;
  const context = { cluster: source.name, user: `${source.name}-admin`, namespace: overrides.namespace };
  const admin = { "client-certificate-data": base64(source.adminCert), "client-key-data": base64(source.adminKey) };
  const cluster = { server: source.server, "certificate-authority-data": base64(source.ca), ...overrides.cluster };
  return `${Bun.YAML.stringify(
    // Through JSON, because an undefined entry is to be absent.
    JSON.parse(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: source.name, cluster }],
        users: [{ name: context.user, user: overrides.user ?? admin }],
        contexts: [{ name: contextName, context }],
        "current-context": contextName,
      }),
    ),
    null,
    2,
  )}\n`;
}

function base64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}
