import {
  Cluster,
  ClusterMeta,
  ImportLocalInput,
  ImportResult,
  type ImportResult as Result,
} from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { CLUSTER_FIELD_CODES, newClusterSubject } from "../cluster/cluster-input.ts";
import { firstLook } from "../cluster/first-look.ts";
import { insertCluster } from "../cluster/registration.ts";
import { toDomainError } from "../errors.ts";
import { operation } from "../operation.ts";
import { localContext } from "./local-context.ts";

/** Registers one context of the user's own kubeconfig; files it names are read once and sealed with it. */
export const importContext = operation({
  name: "kubeconfig.importContext",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "create", subject: newClusterSubject },
  input: ClusterMeta.extend({ context: z.string() }),
  output: Cluster,
  invalid: CLUSTER_FIELD_CODES,
  run: async (ctx, { context, ...meta }) => insertCluster(ctx, meta, await localContext(ctx, context)),
  afterCommit: firstLook,
});

/**
 * Registers contexts of the user's own kubeconfig (local mode only), each for itself: one that fails says why and the
 * others are registered.
 * @throws DomainError LOCAL_ONLY
 */
export const importLocal = operation({
  name: "kubeconfig.importLocal",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "items",
  input: ImportLocalInput,
  output: ImportResult,
  async run(ctx, input) {
    ctx.localKubeconfig();
    const results = await Promise.all(
      input.contexts.map(
        async ({ context, name, environment, labels }): Promise<z.infer<typeof Result>["results"][number]> => {
          try {
            const cluster = await ctx.perform(importContext, { context, name: name ?? context, environment, labels });
            return { context, clusterId: cluster.id, slug: cluster.slug, error: null };
          } catch (error) {
            const { code, message, hint } = toDomainError(error, {
              operation: "kubeconfig.importContext",
              requestId: ctx.requestId,
              log: ctx.log,
            });
            return {
              context,
              clusterId: null,
              slug: null,
              error: hint === undefined ? { code, message } : { code, message, hint },
            };
          }
        },
      ),
    );
    return { results };
  },
});
