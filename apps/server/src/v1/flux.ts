import {
  fluxStats,
  getLiveResource,
  listChildren,
  reconcileResource,
  resumeResource,
  suspendResource,
} from "@flux-orchestrator/api";
import { get, post, type V1Call } from "./route.ts";
import { toV1Stats } from "./shapes/flux-stats.ts";
import { toV1Children } from "./shapes/inventory-child.ts";
import { toV1Resource } from "./shapes/resource.ts";

const object = ({ params }: V1Call) => ({
  cluster: params["id"] ?? "",
  kind: params["kind"] ?? "",
  namespace: params["namespace"] ?? "",
  name: params["name"] ?? "",
});
const OBJECT = "/clusters/:id/flux/:kind/:namespace/:name";

export const fluxRoutes = [
  get("/clusters/:id/flux/stats", fluxStats, {
    input: ({ params }) => ({ cluster: params["id"] ?? "" }),
    respond: toV1Stats,
  }),
  get(OBJECT, getLiveResource, { input: object, respond: toV1Resource }),
  post(`${OBJECT}/reconcile`, reconcileResource, {
    input: object,
    respond: () => ({ message: "Reconciliation requested" }),
  }),
  post(`${OBJECT}/suspend`, suspendResource, { input: object, respond: () => ({ message: "Resource suspended" }) }),
  post(`${OBJECT}/resume`, resumeResource, { input: object, respond: () => ({ message: "Resource resumed" }) }),
  get(`${OBJECT}/resources`, listChildren, { input: object, respond: toV1Children }),
];
