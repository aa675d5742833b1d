import type { LocalKubeconfig } from "@flux-orchestrator/contract";
import { Loaded } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";
import { ContextRow, forEachRow } from "./context-row.svelte.ts";

/**
 * The contexts of this computer's own kubeconfig. All that can be added are chosen from the start; each is tested in the
 * background, and one without Flux, or out of reach, is let go.
 */
export class LocalContexts {
  readonly file = new Loaded<(typeof LocalKubeconfig)["_zod"]["output"]>((signal) =>
    trpc.kubeconfig.local.query(undefined, { signal }),
  );
  rows = $state.raw<ContextRow[]>([]);

  async load(): Promise<void> {
    const file = await this.file.load();
    if (file === null) return;
    this.rows = file.contexts.map((context) => new ContextRow({ from: "local" }, context));
    for (const row of this.rows) row.chosen = row.obstacle === null;
    await forEachRow(
      this.rows.filter((row) => row.obstacle === null),
      (row) => this.attempt(row),
    );
  }
  /** After an exec plugin was allowed: the file is read again, what is known of the other contexts stays. */
  async approved(context: string): Promise<void> {
    const file = await this.file.load();
    const known = file?.contexts.find((other) => other.name === context);
    if (known === undefined) return;
    const fresh = new ContextRow({ from: "local" }, known);
    this.rows = this.rows.map((row) => (row.context.name === context ? fresh : row));
    if (fresh.obstacle === null) await this.attempt(fresh);
  }
  /** Chooses and tests a context that can be added now. */
  async attempt(row: ContextRow): Promise<void> {
    row.chosen = true;
    await row.runTest();
    if (!row.hasFlux && !row.adding) row.chosen = false;
  }
  get chosen(): ContextRow[] {
    return this.rows.filter((row) => row.chosen && row.obstacle === null && row.added === null);
  }
}
