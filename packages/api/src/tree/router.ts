import { query, router } from "../trpc.ts";
import { clusterTree } from "./cluster-tree.ts";
import { objectDiff } from "./object-diff.ts";
import { objectTree } from "./object-tree.ts";

export const treeRouter = router({
  cluster: query(clusterTree),
  object: query(objectTree),
  diff: query(objectDiff),
});
