import type { Actor, Authorizer, Scope } from "../src/authorize.ts";
import type { Permission } from "../src/permission.ts";
import { EVERYTHING, type Predicate } from "../src/query/predicate.ts";

/** What one actor of a test may do. */
export interface Grant {
  allows: (permission: Permission, scope: Scope) => boolean;
  /** Everything, unless told. */
  sees?: Predicate;
}

/** Rights as a test hands them out, and takes them away, while operations run. Whoever was given none may do everything. */
export class TestRights implements Authorizer {
  readonly #grants = new Map<string, Grant>();
  /** Every question asked, in order. */
  readonly asked: { actor: string; permission: Permission; scope: Scope }[] = [];

  give(actor: string, grant: Grant): void {
    this.#grants.set(actor, grant);
  }

  async allows(actor: Actor, permission: Permission, scope: Scope): Promise<boolean> {
    this.asked.push({ actor: actor.id, permission, scope });
    return this.#grants.get(actor.id)?.allows(permission, scope) ?? true;
  }

  async visible(actor: Actor): Promise<Predicate> {
    return this.#grants.get(actor.id)?.sees ?? EVERYTHING;
  }
}

/** Everything but these. */
export const allBut = (...permissions: Permission[]): Grant => ({
  allows: (permission) => !permissions.includes(permission),
});
