import {
  fluxStats,
  getLiveResource,
  listChildren,
  reconcileResource,
  resumeResource,
  suspendResource,
  updateResource,
} from "@flux-orchestrator/api";
import { get, post, put, type V1Call } from "./route.ts";
import { toV1Stats } from "./shapes/flux-stats.ts";
import { toV1Children } from "./shapes/inventory-child.ts";
import { toV1Resource } from "./shapes/resource.ts";
import { specChange } from "./shapes/spec-change.ts";

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
  put(OBJECT, updateResource, {
    input: async (call) => ({ ...object(call), ...specChange(await call.body()) }),
    respond: () => ({ message: "Resource updated" }),
  }),
  post(`${OBJECT}/reconcile`, reconcileResource, {
    input: object,
    respond: () => ({ message: "Reconciliation requested" }),
  }),
  post(`${OBJECT}/suspend`, suspendResource, { input: object, respond: () => ({ message: "Resource suspended" }) }),
  post(`${OBJECT}/resume`, resumeResource, { input: object, respond: () => ({ message: "Resource resumed" }) }),
  get(`${OBJECT}/resources`, listChildren, { input: object, respond: toV1Children }),
];
