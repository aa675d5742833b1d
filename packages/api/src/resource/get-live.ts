import { ResourceRef } from "@flux-orchestrator/contract";
import { normalise, rawStatus } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { LegacyResource, newest, readDocument } from "./legacy-resource.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

/**
 * One object read from the cluster now, masked: what REST v1's live read answers. Never the stored one.
 * @throws DomainError OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_…
 */
export const getLiveResource = operation({
  name: "resource.getLive",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: LegacyResource,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const { id } = await ctx.findCluster(ref.cluster);
    const cluster = await ctx.cluster(id);
    const raw = await cluster.get("resource.read", keyOf(ref));
    const live = normalise(raw, { hmac: (value) => ctx.keyring.hmac(value) });
    return {
      clusterId: id,
      kind: live.key.kind,
      namespace: live.key.namespace,
      name: live.key.name,
      status: rawStatus(live.readyStatus),
      lastReconcile: newest(live.lastHandledReconcileAt, live.readyTransitionAt),
      ...readDocument(live.document),
      createdAt: live.createdAt,
      updatedAt: new Date(ctx.now()).toISOString(),
    };
  },
});
