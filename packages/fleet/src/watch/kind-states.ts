import type { ClusterKind } from "@flux-orchestrator/contract";
import { FLUX_KINDS } from "@flux-orchestrator/flux";
import type { KubeError, ReflectorState, ServedKind } from "@flux-orchestrator/k8s";

/** How each served kind of a cluster is watched, and what that makes of the cluster's stream. */
export class KindStates {
  readonly #states = new Map<string, ReflectorState>();
  #served: readonly ServedKind[] = [];
  /** Kinds listed to their end since the last start. */
  readonly #listed = new Set<string>();
  /** What the states make of the whole, until one changes. */
  #known: { complete: boolean; failure: KubeError | null } | undefined;

  restart(served: readonly ServedKind[]): void {
    this.#served = served;
    this.#states.clear();
    this.#listed.clear();
    this.#known = undefined;
    for (const { kind } of served) this.#states.set(kind, { state: "listing" });
  }

  set(kind: string, state: ReflectorState): void {
    this.#states.set(kind, state);
    this.#known = undefined;
    // Until the new list has ended, what is shown of the kind is old.
    if (state.state === "listing") this.#listed.delete(kind);
  }

  listed(kind: string): void {
    this.#listed.add(kind);
    this.#known = undefined;
  }

  /** Every kind was listed to its end, or cannot be. */
  get complete(): boolean {
    return this.#whole.complete;
  }

  /** Kinds whose watch is open. */
  get open(): number {
    return [...this.#states.values()].filter(({ state }) => state === "live").length;
  }

  /** The first failure that makes what is shown old; null when every kind is watched. */
  get failure(): KubeError | null {
    return this.#whole.failure;
  }

  /** Asked with every flush, changed a few times an hour. */
  get #whole(): { complete: boolean; failure: KubeError | null } {
    if (this.#known !== undefined) return this.#known;
    let [complete, failure]: [boolean, KubeError | null] = [true, null];
    for (const [kind, state] of this.#states) {
      if (state.state === "broken") failure ??= state.error;
      complete &&= this.#listed.has(kind) || state.state === "forbidden" || state.state === "absent";
    }
    this.#known = { complete, failure };
    return this.#known;
  }

  /** Every kind at once cannot be read: nothing is known of the cluster. */
  get forbidden(): KubeError | null {
    const states = [...this.#states.values()];
    const [first] = states;
    return first?.state === "forbidden" && states.every(({ state }) => state === "forbidden") ? first.error : null;
  }

  get failedKinds(): string[] {
    return [...this.#states]
      .filter(([kind, { state }]) => !this.#listed.has(kind) && state !== "absent")
      .map(([kind]) => kind);
  }

  /** Every kind there is, as the cluster page shows it. */
  describe(): ClusterKind[] {
    const served = new Map(this.#served.map((kind) => [kind.kind, kind]));
    return FLUX_KINDS.map(({ group, kind }): ClusterKind => {
      const version = served.get(kind)?.version ?? null;
      const state = this.#states.get(kind);
      if (version === null || state === undefined || state.state === "absent")
        return { group, kind, version: null, state: "absent", detail: null };
      if (state.state === "forbidden")
        return { group, kind, version, state: "forbidden", detail: "The credential may not list and watch this kind." };
      if (state.state === "broken") return { group, kind, version, state: "failed", detail: state.error.message };
      return { group, kind, version, state: this.#listed.has(kind) ? "watched" : "syncing", detail: null };
    });
  }
}
