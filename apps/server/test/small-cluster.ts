import {
  type Authority,
  createAuthority,
  type RecordedRequest,
  type RecordingServer,
  type Reply,
  startRecordingServer,
} from "@flux-orchestrator/testing";
import { kubeconfigTo } from "./kubeconfig-to.ts";

const GROUP = "kustomize.toolkit.fluxcd.io";
const PATH = `/apis/${GROUP}/v1/kustomizations`;
const OBJECTS = `/apis/${GROUP}/v1/namespaces/apps/kustomizations/`;
const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const DISCOVERY = {
  kind: "APIGroupDiscoveryList",
  items: [
    {
      metadata: { name: GROUP },
      versions: [
        {
          version: "v1",
          resources: [
            {
              resource: "kustomizations",
              scope: "Namespaced",
              responseKind: { kind: "Kustomization" },
              verbs: ["get", "list", "watch", "patch"],
            },
          ],
        },
      ],
    },
  ],
};

export interface Kustomization {
  name: string;
  version: number;
  ready?: "True" | "False";
  message?: string;
  /** Token of the last reconcile that was asked for: its controller has always just acted. */
  requestedAt?: string;
}

/** An API server that holds Kustomizations and tells of them as a test says; all it is asked for is answered. */
export class SmallCluster implements AsyncDisposable {
  #watching: Reply | undefined;
  objects: Kustomization[] = [];

  private constructor(
    readonly server: RecordingServer,
    readonly authority: Authority,
  ) {
    server.answer = (request, reply) => this.#answer(request, reply);
  }

  static async start(): Promise<SmallCluster> {
    const authority = createAuthority();
    const identity = authority.issue({ commonName: "api", names: ["127.0.0.1"] });
    return new SmallCluster(await startRecordingServer({ identity }), authority);
  }

  get isWatched(): boolean {
    return this.#watching !== undefined;
  }

  /** @param token held in the kubeconfig */
  kubeconfig(token: string): string {
    return kubeconfigTo(this.server.url, { ca: this.authority.cert, token });
  }

  tell(type: "ADDED" | "MODIFIED" | "DELETED", object: Kustomization): void {
    this.#watching?.write(`${JSON.stringify({ type, object: manifestOf(object) })}\n`);
  }

  /** The version of the watch was compacted away. */
  compact(): void {
    const gone = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Expired", code: 410 };
    const watching = this.#watching;
    this.#watching = undefined;
    watching?.write(`${JSON.stringify({ type: "ERROR", object: gone })}\n`);
    watching?.end();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer({ path, body }: RecordedRequest, reply: Reply): void {
    const [name, query = ""] = path.split("?");
    if (name === "/version") reply.send(200, { gitVersion: "v1.36.3" });
    else if (name === "/apis") reply.send(200, DISCOVERY);
    else if (name?.startsWith(OBJECTS) === true) this.#one(name.slice(OBJECTS.length), body, reply);
    else if (name !== PATH) reply.send(404, { kind: "Status", code: 404, reason: "NotFound" });
    else if (query.includes("watch=1")) {
      this.#watching = reply;
      reply.open();
    } else {
      const metadata = { resourceVersion: "100" };
      reply.send(200, { kind: "KustomizationList", metadata, items: this.objects.map(manifestOf) });
    }
  }

  /** Gives one object, patched before if there is a patch. */
  #one(name: string, body: string, reply: Reply): void {
    const object = this.objects.find((one) => one.name === name);
    if (object === undefined) {
      reply.send(404, { kind: "Status", code: 404, reason: "NotFound" });
      return;
    }
    const requestedAt = body === "" ? undefined : (JSON.parse(body) as Patch).metadata?.annotations?.[REQUESTED_AT];
    if (requestedAt !== undefined) Object.assign(object, { requestedAt, version: object.version + 1 });
    reply.send(200, manifestOf(object));
  }
}

interface Patch {
  metadata?: { annotations?: Record<string, string> };
}

const manifestOf = ({ name, version, ready = "True", message = "", requestedAt }: Kustomization) => ({
  apiVersion: `${GROUP}/v1`,
  kind: "Kustomization",
  metadata: {
    name,
    namespace: "apps",
    uid: `uid-${name}`,
    resourceVersion: String(version),
    generation: 1,
    creationTimestamp: "2026-01-02T03:04:05Z",
    ...(requestedAt === undefined ? {} : { annotations: { [REQUESTED_AT]: requestedAt } }),
  },
  spec: { interval: "10m", path: "./", prune: true, sourceRef: { kind: "GitRepository", name: "app" } },
  status: {
    observedGeneration: 1,
    lastAppliedRevision: "main@sha1:4c3dce1",
    ...(requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt }),
    conditions: [
      {
        type: "Ready",
        status: ready,
        reason: ready === "True" ? "ReconciliationSucceeded" : "BuildFailed",
        message,
        lastTransitionTime: "2026-01-02T03:04:05Z",
        observedGeneration: 1,
      },
    ],
  },
});
