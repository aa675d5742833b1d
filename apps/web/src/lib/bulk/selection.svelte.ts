import type { BulkPreviewInput, ResourceRef, ResourceRow } from "@flux-orchestrator/contract";
import type { ListFilter } from "../resource/resource-list.svelte.ts";

type Input = (typeof BulkPreviewInput)["_zod"]["input"];
/** Which objects, as a bulk action takes them. */
export type Selected = Pick<Input, "filter" | "objects">;

/** As much as a request names one by one. */
export const CHOSEN_MAX = 2000;

const refOf = (row: ResourceRow): ResourceRef => ({
  cluster: row.clusterSlug,
  kind: row.kind as ResourceRef["kind"],
  namespace: row.namespace,
  name: row.name,
});

/** Rows of a list that something is to be done to: some of them, or everything that the list's filter finds. */
export class Selection {
  #rows = $state.raw<ReadonlyMap<string, ResourceRow>>(new Map());
  /** Everything that matches, listed or not. */
  isAll = $state(false);
  /** Where a range begins. */
  #anchor: string | null = null;

  readonly isEmpty = $derived(!this.isAll && this.#rows.size === 0);
  /** Rows that were chosen one by one. */
  readonly count = $derived(this.#rows.size);
  readonly clusterCount = $derived(new Set([...this.#rows.values()].map(({ clusterId }) => clusterId)).size);

  has(row: ResourceRow): boolean {
    return this.isAll || this.#rows.has(row.id);
  }
  /** Chooses a row or gives it back; a range makes all rows since the one before the same as it becomes. */
  toggle(row: ResourceRow, listed: readonly ResourceRow[], isRange = false): void {
    const isChosen = !this.has(row);
    const from = isRange ? listed.findIndex(({ id }) => id === this.#anchor) : -1;
    const to = listed.findIndex(({ id }) => id === row.id);
    const touched = from < 0 || to < 0 ? [row] : listed.slice(Math.min(from, to), Math.max(from, to) + 1);
    // What is left of everything is what one sees of it.
    const rows = new Map(this.isAll ? listed.map((one) => [one.id, one]) : this.#rows);
    for (const one of touched) {
      if (isChosen) rows.set(one.id, one);
      else rows.delete(one.id);
    }
    this.isAll = false;
    this.#rows = rows;
    this.#anchor = row.id;
  }
  /** Chooses all of these, or none when they are chosen. */
  toggleAll(listed: readonly ResourceRow[]): void {
    if (listed.every((row) => this.has(row))) this.clear();
    else this.#rows = new Map([...this.#rows, ...listed.map((row) => [row.id, row] as const)]);
  }
  /** Chooses everything that matches. */
  chooseAll(): void {
    this.isAll = true;
    this.#rows = new Map();
  }
  clear(): void {
    this.isAll = false;
    this.#rows = new Map();
    this.#anchor = null;
  }

  /** @param filter of the list */
  selected(filter: ListFilter): Selected {
    return this.isAll ? { filter } : { objects: [...this.#rows.values()].map(refOf) };
  }
}
