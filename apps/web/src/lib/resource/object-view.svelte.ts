import type { ResourceDetail, ResourceRef, ResourceRow } from "@flux-orchestrator/contract";
import { isMissing } from "../failure.ts";
import { live } from "../live/live.svelte.ts";
import { Loaded } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";
import { actions } from "./actions.svelte.ts";

/** The whole object is asked for again at most this often while it changes; its row changes at once. */
const REREAD_EVERY_MS = 1500;
/** A run that changes nothing is told by nobody: the object is looked at again this long after one was due, while it is. */
const RUN_TAKES_MS = 15_000;
const STILL_DUE_MS = 60_000;

/** One object as a page or a peek shows it: read once, then kept current by the stream. */
export class ObjectView {
  readonly detail: Loaded<ResourceDetail>;
  /** A newer row than the detail's. */
  #row = $state.raw<ResourceRow | null>(null);
  deleted = $state(false);
  #rereadTimer: ReturnType<typeof setTimeout> | undefined;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly ref: ResourceRef) {
    this.detail = new Loaded((signal) => trpc.resource.get.query(ref, { signal }));
  }

  get row(): ResourceRow | null {
    return this.#row ?? this.detail.value?.row ?? null;
  }
  /** The detail with the newest row. */
  get current(): ResourceDetail | null {
    const detail = this.detail.value;
    return detail === null || this.#row === null ? detail : { ...detail, row: this.#row };
  }
  get missing(): boolean {
    return this.detail.value === null && this.detail.failure !== null && isMissing(this.detail.failure);
  }

  /** Reads the object and follows it until the returned function is called. */
  open(): () => void {
    void this.#read();
    const { cluster, kind, namespace, name } = this.ref;
    const stopWatching = live.watch({
      topics: [{ topic: "object", cluster, kind, namespace, name }],
      from: null,
      onChanges: (changes) => {
        for (const change of changes) {
          if (change.kind !== kind || change.namespace !== namespace || change.name !== name) continue;
          if (change.row !== null && change.row.clusterSlug !== cluster) continue;
          if (change.op === "delete") this.deleted = change.clusterId === (this.row?.clusterId ?? change.clusterId);
          else if (change.row !== null) {
            this.deleted = false;
            this.#row = change.row;
          }
        }
        this.#reread();
      },
      onCluster: (clusterId) => {
        if (clusterId === this.row?.clusterId) this.#reread();
      },
      onRun: (run) => {
        if (
          run.clusterId === this.row?.clusterId &&
          run.kind === kind &&
          run.namespace === namespace &&
          run.name === name
        )
          this.#reread();
      },
      onRefetch: () => void this.#read(),
    });
    return () => {
      clearTimeout(this.#rereadTimer);
      clearTimeout(this.#dueTimer);
      stopWatching();
      this.detail.stop();
    };
  }

  async #read(): Promise<void> {
    const detail = await this.detail.load();
    if (detail === null) return;
    this.#row = null;
    this.deleted = false;
    const newest = detail.runs[0];
    if (newest !== undefined) actions.put(newest);
    clearTimeout(this.#dueTimer);
    if (detail.nextRunAt === null) return;
    const dueInMs = Date.parse(detail.nextRunAt) - Date.now();
    this.#dueTimer = setTimeout(() => this.#reread(), dueInMs > 0 ? dueInMs + RUN_TAKES_MS : STILL_DUE_MS);
  }
  #reread(): void {
    if (this.deleted) return;
    this.#rereadTimer ??= setTimeout(() => {
      this.#rereadTimer = undefined;
      if (!this.deleted) void this.#read();
    }, REREAD_EVERY_MS);
  }
}
