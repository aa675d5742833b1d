import { DomainError } from "@flux-orchestrator/contract";
import type { Permission } from "./permission.ts";
import { EVERYTHING, type Predicate } from "./query/predicate.ts";

/** Who acts. Without login that is `system`. */
export interface Actor {
  id: string;
}

/** What an operation is about to touch: the whole fleet, a cluster, or a namespace of it. */
export interface Scope {
  /** Id of a registered cluster; absent: the fleet. */
  clusterId?: string;
  namespace?: string;
}
export const FLEET: Scope = {};

/** Decides who may do what, where. Asked again at every call; nothing is remembered. */
export interface Authorizer {
  allows(actor: Actor, permission: Permission, scope: Scope): Promise<boolean>;
  /** The rows an actor may see, as a filter that every list, count and stream is narrowed by. */
  visible(actor: Actor, permission: Permission): Promise<Predicate>;
}

/** Without login: the one actor of this computer may do everything. The checks run all the same. */
export const allowEverything: Authorizer = {
  allows: async () => true,
  visible: async () => EVERYTHING,
};

/**
 * @throws DomainError FORBIDDEN; CLUSTER_NOT_FOUND when the actor may not even know of the cluster, so that nobody
 * learns by asking which clusters there are
 */
export async function authorize(
  authorizer: Authorizer,
  actor: Actor,
  need: { permission: Permission; scopes: readonly Scope[] },
): Promise<void> {
  for (const scope of need.scopes) {
    if (await authorizer.allows(actor, need.permission, scope)) continue;
    if (
      scope.clusterId !== undefined &&
      !(await authorizer.allows(actor, "cluster.read", { clusterId: scope.clusterId }))
    ) {
      throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
    }
    throw new DomainError("FORBIDDEN", `You may not do this: it needs the permission ${need.permission}.`, {
      hint: "Ask whoever administers Flux Orchestrator for a role that has it.",
    });
  }
}
