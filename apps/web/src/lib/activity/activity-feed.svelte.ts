import type { Activity, ActivityQuery } from "@flux-orchestrator/contract";
import { type Failure, failureOf } from "../failure.ts";
import { live } from "../live/live.svelte.ts";
import { EXPLAIN_AFTER_MS, SKELETON_AFTER_MS } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";

type Asked = (typeof ActivityQuery)["_zod"]["input"];
/** A recorded action follows the change it made by moments. */
const REASK_AFTER_MS = 1000;

/** Recorded actions, newest first. The top is asked for again when something happens; older windows on demand. */
export class ActivityFeed {
  activities = $state.raw<Activity[]>([]);
  failure = $state.raw<Failure | null>(null);
  loaded = $state(false);
  loading = $state(false);
  slow = $state(false);
  verySlow = $state(false);
  #next = $state.raw<string | null>(null);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly query: Asked) {}

  get hasMore(): boolean {
    return this.#next !== null;
  }
  open(): () => void {
    void this.load();
    const soon = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.load();
      }, REASK_AFTER_MS);
    };
    const stop = live.watch({ topics: [], from: null, onRun: soon, onCluster: soon, onRefetch: soon });
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#asked += 1;
    };
  }

  /** Fetches the newest window; older ones that are already shown stay below it. */
  async load(): Promise<void> {
    const mine = ++this.#asked;
    this.loading = true;
    const timers = [
      setTimeout(() => (this.slow = mine === this.#asked), SKELETON_AFTER_MS),
      setTimeout(() => (this.verySlow = mine === this.#asked), EXPLAIN_AFTER_MS),
    ];
    try {
      const page = await trpc.activity.list.query(this.query);
      if (mine !== this.#asked) return;
      const ids = new Set(page.activities.map((activity) => activity.id));
      const oldest = page.activities.at(-1);
      const older =
        oldest === undefined
          ? []
          : this.activities.filter((activity) => !ids.has(activity.id) && activity.at < oldest.at);
      this.activities = [...page.activities, ...older];
      if (older.length === 0) this.#next = page.nextCursor;
      this.loaded = true;
      this.failure = null;
    } catch (error) {
      if (mine === this.#asked) this.failure = failureOf(error);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      if (mine === this.#asked) {
        this.loading = false;
        this.slow = false;
        this.verySlow = false;
      }
    }
  }
  async loadMore(): Promise<void> {
    if (this.loading || this.#next === null) return;
    const mine = this.#asked;
    this.loading = true;
    try {
      const page = await trpc.activity.list.query({ ...this.query, cursor: this.#next });
      if (mine !== this.#asked) return;
      const ids = new Set(this.activities.map((activity) => activity.id));
      this.activities = [...this.activities, ...page.activities.filter((activity) => !ids.has(activity.id))];
      this.#next = page.nextCursor;
    } catch (error) {
      if (mine === this.#asked) this.failure = failureOf(error);
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }
}
