import {
  type Authority,
  createAuthority,
  type RecordedRequest,
  type RecordingServer,
  type Reply,
  startRecordingServer,
} from "@flux-orchestrator/testing";
import { kubeconfigTo } from "./kubeconfig-to.ts";

interface Served {
  group: string;
  version: string;
  plural: string;
  kind: string;
  subresources?: string[];
}
const SERVED: readonly Served[] = [
  { group: "kustomize.toolkit.fluxcd.io", version: "v1", plural: "kustomizations", kind: "Kustomization" },
  { group: "helm.toolkit.fluxcd.io", version: "v2", plural: "helmreleases", kind: "HelmRelease" },
  { group: "source.toolkit.fluxcd.io", version: "v1", plural: "gitrepositories", kind: "GitRepository" },
  { group: "notification.toolkit.fluxcd.io", version: "v1beta3", plural: "providers", kind: "Provider" },
  { group: "apps", version: "v1", plural: "deployments", kind: "Deployment", subresources: ["scale"] },
  { group: "apps", version: "v1", plural: "daemonsets", kind: "DaemonSet" },
  { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler" },
  { group: "", version: "v1", plural: "pods", kind: "Pod", subresources: ["log"] },
  { group: "", version: "v1", plural: "secrets", kind: "Secret" },
  { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" },
];
const VERBS = ["get", "list", "watch", "patch", "delete"];

/** What an API server holds, as it would send it: a test may put there what no API server would. */
export interface HeldObject {
  kind: string;
  namespace: string;
  name: string;
  /** Sent as it is. */
  sent: unknown;
}
/** An answer in place of the one there would be. */
export interface Refusal {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/**
 * An API server that holds whatever a test puts there and changes nothing that it is asked to: for what is sent to and by
 * clusters that is not as it should be.
 */
export class ObjectCluster implements AsyncDisposable {
  objects: HeldObject[] = [];
  /** Lists that are sent instead, by kind. */
  readonly lists = new Map<string, unknown>();
  /** The text of every pod's log. */
  log = "";
  /** Undefined: answered as usual. `hang`: never answered. */
  refuse: (request: RecordedRequest) => Refusal | "hang" | undefined = () => undefined;

  private constructor(
    readonly server: RecordingServer,
    readonly authority: Authority,
  ) {
    server.answer = (request, reply) => this.#answer(request, reply);
  }

  static async start(): Promise<ObjectCluster> {
    const authority = createAuthority();
    const identity = authority.issue({ commonName: "api", names: ["127.0.0.1"] });
    return new ObjectCluster(await startRecordingServer({ identity }), authority);
  }

  /** @param token held in the kubeconfig */
  kubeconfig(token: string): string {
    return kubeconfigTo(this.server.url, { ca: this.authority.cert, token });
  }

  /** Requests about one object, or that would change something; those of the watches are about whole kinds. */
  get acted(): readonly RecordedRequest[] {
    return this.server.requests.filter(({ method, path }) => method !== "GET" || path.includes("/namespaces/"));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer(request: RecordedRequest, reply: Reply): void {
    const refusal = this.refuse(request);
    if (refusal === "hang") return;
    if (refusal !== undefined) {
      reply.send(refusal.status, refusal.body, refusal.headers);
      return;
    }
    const [path = "", query = ""] = request.path.split("?");
    if (path === "/version") reply.send(200, { gitVersion: "v1.36.3" });
    else if (path === "/api" || path === "/apis") reply.send(200, discoveryOf(path === "/api"));
    else this.#about(path, query, reply);
  }

  #about(path: string, query: string, reply: Reply): void {
    const place = placeOf(path);
    if (place === undefined) reply.send(404, notFound);
    else if (place.name === undefined) this.#list(place, query, reply);
    else {
      const { served, namespace, name, subresource } = place;
      const object = this.objects.find(
        (one) => one.kind === served.kind && one.namespace === namespace && one.name === name,
      );
      if (object === undefined) reply.send(404, notFound);
      else if (subresource === "log") reply.send(200, this.log);
      else reply.send(200, object.sent);
    }
  }

  #list({ served, namespace }: Place, query: string, reply: Reply): void {
    if (query.includes("watch=1")) {
      reply.open();
      return;
    }
    const items = this.objects
      .filter((one) => one.kind === served.kind && (namespace === "" || one.namespace === namespace))
      .map(({ sent }) => sent);
    const list = { kind: `${served.kind}List`, apiVersion: "v1", metadata: { resourceVersion: "100" }, items };
    reply.send(200, this.lists.get(served.kind) ?? list);
  }
}

const notFound = { kind: "Status", code: 404, reason: "NotFound", status: "Failure" };

interface Place {
  served: Served;
  namespace: string;
  name: string | undefined;
  subresource: string | undefined;
}

/** What a path of an API server is about. */
function placeOf(path: string): Place | undefined {
  for (const served of SERVED) {
    const base = served.group === "" ? `/api/${served.version}/` : `/apis/${served.group}/${served.version}/`;
    if (!path.startsWith(base)) continue;
    const parts = path.slice(base.length).split("/").map(decodeURIComponent);
    const namespace = parts[0] === "namespaces" ? parts.splice(0, 2)[1]! : "";
    const [plural, name, subresource] = parts;
    if (plural === served.plural) return { served, namespace, name, subresource };
  }
  return undefined;
}

function discoveryOf(isCore: boolean): unknown {
  const groups = [...new Set(SERVED.map(({ group }) => group))].filter((group) => (group === "") === isCore);
  return {
    kind: "APIGroupDiscoveryList",
    items: groups.map((name) => {
      const served = SERVED.filter(({ group }) => group === name);
      return {
        metadata: { name },
        versions: [...new Set(served.map(({ version }) => version))].map((version) => ({
          version,
          resources: served.map(({ plural, kind, subresources = [] }) => ({
            resource: plural,
            scope: "Namespaced",
            responseKind: { kind },
            verbs: VERBS,
            subresources: subresources.map((subresource) => ({ subresource })),
          })),
        })),
      };
    }),
  };
}
