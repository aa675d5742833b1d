import { getStoredResource, reconcileResource } from "@flux-orchestrator/api";
import { resourceList } from "./resource-list.ts";
import { get, post } from "./route.ts";
import { toV1Resource } from "./shapes/resource.ts";
import { parseResourceId } from "./shapes/resource-id.ts";

export const resourceRoutes = [
  resourceList("/resources", () => ({})),
  resourceList("/clusters/:id/resources", ({ params }) => ({ of: params["id"] ?? "" })),
  post("/resources/reconcile", reconcileResource, {
    async input(call) {
      const body = await call.body();
      return {
        cluster: body.text("cluster_id") ?? "",
        kind: body.text("kind") ?? "",
        namespace: body.text("namespace") ?? "",
        name: body.text("name") ?? "",
      };
    },
    respond: () => ({ message: "Reconciliation requested" }),
  }),
  // An id holds slashes: it comes encoded as one segment, or as it is as four.
  get("/resources/:id", getStoredResource, {
    input: ({ params }) => parseResourceId(params["id"] ?? ""),
    respond: toV1Resource,
  }),
  get("/resources/:id/:kind/:namespace/:name", getStoredResource, {
    input: ({ params: { id, kind, namespace, name } }) => parseResourceId([id, kind, namespace, name].join("/")),
    respond: toV1Resource,
  }),
];
