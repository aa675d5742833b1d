import { Cluster, RegisterClusterInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { usableContext } from "../kubeconfig/usable-context.ts";
import { operation } from "../operation.ts";
import { CLUSTER_FIELD_CODES, newClusterSubject } from "./cluster-input.ts";
import { firstLook } from "./first-look.ts";
import { insertCluster } from "./registration.ts";

/**
 * Registers a cluster by its kubeconfig: the credential is sealed and never leaves the server again. An unreachable
 * cluster is registered too and says so by its status; watching begins at once.
 *
 * @throws DomainError CLUSTER_NAME_TAKEN, KUBECONFIG_…, SERVER_URL_…, TLS_VERIFY_REQUIRED, EGRESS_DENIED
 */
export const registerCluster = operation({
  name: "cluster.register",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "create", subject: newClusterSubject },
  input: RegisterClusterInput,
  output: Cluster,
  invalid: CLUSTER_FIELD_CODES,
  run: async (ctx, input) => insertCluster(ctx, input, await usableContext(input, ctx.egress)),
  afterCommit: firstLook,
});
