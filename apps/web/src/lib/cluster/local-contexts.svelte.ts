import type { LocalKubeconfig } from "@flux-orchestrator/contract";
import { Loaded } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";
import { ContextRow, forEachRow } from "./context-row.svelte.ts";

/** The contexts of this computer's own kubeconfig, each tested in the background; those with Flux are chosen. */
export class LocalContexts {
  readonly file = new Loaded<(typeof LocalKubeconfig)["_zod"]["output"]>((signal) => trpc.kubeconfig.local.query(undefined, { signal }));
  rows = $state.raw<ContextRow[]>([]);

  async load(): Promise<void> {
    const file = await this.file.load();
    if (file === null) return;
    this.rows = file.contexts.map((context) => new ContextRow({ from: "local" }, context));
    await forEachRow(
      this.rows.filter((row) => row.obstacle === null),
      (row) => this.#try(row),
    );
  }
  /** After an exec plugin was allowed: the file is read again, what is known of the other contexts stays. */
  async approved(context: string): Promise<void> {
    const file = await this.file.load();
    const known = file?.contexts.find((other) => other.name === context);
    if (known === undefined) return;
    const fresh = new ContextRow({ from: "local" }, known);
    this.rows = this.rows.map((row) => (row.context.name === context ? fresh : row));
    if (fresh.obstacle === null) await this.#try(fresh);
  }
  async #try(row: ContextRow): Promise<void> {
    await row.runTest();
    row.chosen ||= row.hasFlux;
  }
  get chosen(): ContextRow[] {
    return this.rows.filter((row) => row.chosen && row.obstacle === null && row.added === null);
  }
}
