import type { KubeApiserver, KubeObject } from "@flux-orchestrator/testing";

/** Every secret that is put anywhere, by where it was put. */
export const markers: Record<string, string> = {};
export function marker(place: string): string {
  // No dictionary word, no hexadecimal, long enough that no part of it occurs by chance.
  const random = crypto
    .randomUUID()
    .replaceAll("-", "")
    .slice(0, 16)
    .replace(/[0-9]/g, (digit) => "ghjkmnpqrs"[Number(digit)]!);
  markers[place] ??= `Zq${random}Kx`;
  return markers[place];
}

/** Flux objects with a secret in every place that can hold one, and messages that quote them. */
export function secretObjects(namespace: string): KubeObject[] {
  const metadata = (name: string) => ({ name, namespace });
  const ready = (message: string) => ({
    conditions: [
      { type: "Ready", status: "False", reason: "Failed", message, lastTransitionTime: "2026-01-01T00:00:00Z" },
    ],
  });
  const secretInManifest = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "made" },
    stringData: { password: marker("Secret in a ResourceSet") },
  };
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: metadata("values"),
      stringData: { "values.yaml": `password: ${marker("a Secret of the cluster")}` },
    },
    {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: {
        ...metadata("release"),
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": marker("last-applied copy") },
      },
      spec: {
        interval: "1m",
        chart: { spec: { chart: "app", sourceRef: { kind: "HelmRepository", name: "charts" } } },
        values: { database: { password: marker("Helm values"), list: [marker("Helm values in a list")] } },
        valuesFrom: [{ kind: "Secret", name: "values", valuesKey: "values.yaml" }],
        postRenderers: [{ kustomize: { patches: [{ patch: `- value: ${marker("post-renderer patch")}` }] } }],
      },
      status: ready(`cannot render password "${marker("Helm values")}" of the release`),
    },
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: metadata("app"),
      spec: {
        interval: "1m",
        prune: true,
        sourceRef: { kind: "GitRepository", name: "repo" },
        patches: [{ patch: `- op: add\n  path: /data\n  value: ${marker("Kustomization patch")}` }],
        postBuild: { substitute: { PASSWORD: marker("substitution") } },
      },
      status: ready(`substitution failed near ${marker("substitution")}: unexpected character`),
    },
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: metadata("repo"),
      spec: {
        interval: "1m",
        url: `https://user:${marker("userinfo of a URL")}@git.example.com/repo?token=${marker("query of a URL")}`,
      },
      status: ready(
        `failed to clone https://user:${marker("userinfo of a URL")}@git.example.com/repo: ${marker("userinfo of a URL")} is not accepted`,
      ),
    },
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmRepository",
      metadata: metadata("charts"),
      spec: { interval: "1m", url: `https://${marker("token in a URL")}@charts.example.com` },
    },
    {
      apiVersion: "notification.toolkit.fluxcd.io/v1beta3",
      kind: "Provider",
      metadata: metadata("chat"),
      spec: {
        type: "generic",
        address: `https://hooks.example.com/${marker("webhook address")}`,
        proxy: `http://p:${marker("proxy password")}@proxy:1`,
      },
    },
    {
      apiVersion: "notification.toolkit.fluxcd.io/v1",
      kind: "Receiver",
      metadata: metadata("hook"),
      spec: { type: "generic", resources: [{ kind: "GitRepository", name: "repo" }], secretRef: { name: "hook" } },
      status: { webhookPath: `/hook/${marker("webhook path")}`, ...ready("ready") },
    },
    {
      apiVersion: "fluxcd.controlplane.io/v1",
      kind: "ResourceSet",
      metadata: metadata("set"),
      spec: { inputs: [{ tenant: "one", password: marker("ResourceSet input") }], resources: [secretInManifest] },
    },
    {
      apiVersion: "fluxcd.controlplane.io/v1",
      kind: "ResourceSetInputProvider",
      metadata: metadata("inputs"),
      spec: { type: "Static", defaultValues: { password: marker("default input") } },
    },
  ];
}

/** What helm-controller tells of a release that it cannot upgrade: the end of Helm's log, which dumps values. */
export function quotingEvent({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { namespace = "", name, uid } = metadata;
  const values = { database: { password: marker("Helm values"), list: [marker("Helm values in a list")] } };
  const told = new Date(Date.now() + 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.18a1`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid },
    type: "Warning",
    reason: "UpgradeFailed",
    message: `Helm upgrade failed for release ${namespace}/${name}: Invalid value: "${marker("Helm values")}"\n\nLast Helm logs:\n\n${JSON.stringify(values)} ${btoa(marker("Helm values"))}`,
    source: { component: "helm-controller" },
    reportingComponent: "helm-controller",
    reportingInstance: "",
    count: 1,
    firstTimestamp: told,
    lastTimestamp: told,
  };
}

/** A marker in each part of a kubeconfig that is refused for another reason each. */
export function refusedKubeconfigs(apiserver: KubeApiserver): string[] {
  const base64 = (place: string) => Buffer.from(marker(place)).toString("base64");
  const user = (fields: Record<string, unknown>) => apiserver.kubeconfig({ user: fields });
  return [
    user({ token: marker("token of another"), [marker("unknown user field")]: marker("unknown user value") }),
    user({ username: "u", password: marker("password") }),
    user({
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: marker("exec command"),
        args: [marker("exec argument")],
        env: [{ name: "X", value: marker("exec variable") }],
      },
    }),
    user({ "auth-provider": { name: "oidc", config: { "id-token": marker("id token") } } }),
    user({ "client-certificate-data": base64("client certificate"), "client-key-data": base64("client key") }),
    user({ tokenFile: `/secrets/${marker("token file")}` }),
    user({ token: `two words ${marker("bad token")}` }),
    apiserver.kubeconfig({ cluster: { "certificate-authority-data": base64("authority") } }),
    apiserver.kubeconfig({ cluster: { server: `https://u:${marker("password in the server address")}@127.0.0.1:1` } }),
    apiserver.kubeconfig({
      cluster: { "proxy-url": `http://u:${marker("proxy password in a kubeconfig")}@127.0.0.1:1` },
      user: { token: marker("token behind a proxy") },
    }),
    apiserver.kubeconfig({ cluster: { server: "https://127.0.0.1:1" }, user: { token: marker("token for nobody") } }),
    `apiVersion: v1\nkind: Config\nusers: [{name: a, user: {token: "${marker("token in broken YAML")}}]`,
    `- ${marker("text that is no kubeconfig")}`,
    marker("just a word"),
  ];
}
