import type { Answer } from "@flux-orchestrator/testing";

type Route = Answer | object;

/** `METHOD path` without a query → a document, or what answers. Anything else is 404, as an API server says it. */
export type Routes = Readonly<Record<string, Route>>;

const resource = (plural: string, kind: string) => ({
  resource: plural,
  scope: "Namespaced",
  responseKind: { kind },
  verbs: ["get", "list", "watch", "patch"],
});

/** An API server with Kustomizations and GitRepositories whose every question is answered yes. */
export const HEALTHY: Routes = {
  "GET /version": { gitVersion: "v1.36.3" },
  "POST /apis/authentication.k8s.io/v1/selfsubjectreviews": { status: { userInfo: { username: "alice" } } },
  "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews": { status: { allowed: true } },
  "GET /apis": {
    kind: "APIGroupDiscoveryList",
    items: [
      {
        metadata: { name: "kustomize.toolkit.fluxcd.io" },
        versions: [{ version: "v1", resources: [resource("kustomizations", "Kustomization")] }],
      },
      {
        metadata: { name: "source.toolkit.fluxcd.io" },
        versions: [{ version: "v1", resources: [resource("gitrepositories", "GitRepository")] }],
      },
    ],
  },
  "GET /apis/kustomize.toolkit.fluxcd.io/v1/kustomizations": { items: [{}], metadata: { remainingItemCount: 41 } },
  "GET /apis/source.toolkit.fluxcd.io/v1/gitrepositories": { items: [], metadata: {} },
  "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/gitrepositories.source.toolkit.fluxcd.io": {
    metadata: { labels: { "app.kubernetes.io/version": "v2.9.5" } },
  },
};

/** Answers by a table of routes. */
export const routed =
  (routes: Routes): Answer =>
  (request, reply) => {
    const route = routes[`${request.method} ${request.path.split("?")[0]}`];
    if (route === undefined) return reply.send(404, "404 page not found\n");
    if (typeof route === "function") return (route as Answer)(request, reply);
    reply.send(200, route);
  };

/** Answers with a Status. */
export const refuse =
  (code: number): Answer =>
  (_, reply) =>
    reply.send(code, { kind: "Status", code, message: "q7mark5z" });
