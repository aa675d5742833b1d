import { clusterTree } from "@flux-orchestrator/api";
import { get } from "./route.ts";
import { toV1Tree } from "./shapes/tree.ts";

export const treeRoutes = [
  get("/clusters/:id/resources/tree", clusterTree, {
    input: ({ params }) => ({ cluster: params["id"] ?? "" }),
    respond: toV1Tree,
  }),
];
