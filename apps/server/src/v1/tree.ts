import { clusterTree, objectDiff } from "@flux-orchestrator/api";
import { get } from "./route.ts";
import { toV1Diff } from "./shapes/diff.ts";
import { namedObject, OBJECT } from "./shapes/object.ts";
import { toV1Tree } from "./shapes/tree.ts";

export const treeRoutes = [
  get("/clusters/:id/resources/tree", clusterTree, {
    input: ({ params }) => ({ cluster: params["id"] ?? "" }),
    respond: toV1Tree,
  }),
  get(`${OBJECT}/diff`, objectDiff, { input: namedObject, respond: toV1Diff }),
];
