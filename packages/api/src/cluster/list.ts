import { Cluster } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { readClusters } from "./cluster-rows.ts";
import { sightOf } from "./one-cluster.ts";

/** Every registered cluster this actor may see, newest first. */
export const listClusters = operation({
  name: "cluster.list",
  permission: "cluster.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(Cluster),
  run: async (ctx) => readClusters(ctx.sql, await sightOf(ctx)),
});
