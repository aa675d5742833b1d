import type { Cluster, ResourceFilter, ResourcePage, ResourceQuery } from "@flux-orchestrator/contract";
import { SEVERITY } from "@flux-orchestrator/flux";
import { type Failure, failureOf } from "../failure.ts";
import { fleet, isInFirstSync } from "../fleet.svelte.ts";
import { live } from "../live/live.svelte.ts";
import { EXPLAIN_AFTER_MS, SKELETON_AFTER_MS } from "../loaded.svelte.ts";
import { now } from "../now.svelte.ts";
import { trpc } from "../trpc.ts";
import { append, applyChanges, type LiveRows, listed, NO_ROWS } from "./live-rows.ts";
import { matches } from "./matches.ts";

export type Sort = ResourceQuery["sort"];
export type ListFilter = Pick<ResourceQuery, "not"> & ResourceFilter;
const WINDOW = 100;
/** Counts follow a change at most this often: they cost a query each. */
const RECOUNT_EVERY_MS = 5000;

const SORT_KEY: Record<Sort, (row: ResourcePage["rows"][number]) => string> = {
  severity: (row) => String(SEVERITY[row.word]),
  name: (row) => `${row.namespace}/${row.name}`,
  cluster: (row) => row.clusterName,
  changed: (row) => row.since,
};

/** What of a cluster decides which of its objects are marked as not reconciled. */
const troubleOf = ({ problem, unreconciledCount }: Cluster): string => `${problem?.message} ${unreconciledCount > 0}`;

/** One list of objects: windows of a server query, kept live in place, moved only when asked. */
export class ResourceList {
  list = $state.raw<LiveRows>(NO_ROWS);
  total = $state.raw<ResourcePage["total"] | null>(null);
  facets = $state.raw<ResourcePage["facets"] | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** What is listed answers this question; before that it may still be the answer to the one before. */
  answered = $state(false);
  loading = $state(false);
  slow = $state(false);
  verySlow = $state(false);
  #next = $state.raw<string | null>(null);
  #asked = 0;
  #stopWatching: (() => void) | null = null;
  /** What was last said of each cluster's controllers. */
  #troubles = new Map<string, string>();
  /** Clusters whose first lists still run: until then there is no order to keep. */
  #firstSyncs = new Set<string>();
  #recountTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly filter: ListFilter,
    readonly sort: Sort,
    readonly descending: boolean,
    readonly limit = WINDOW,
  ) {}

  /** There is something to show for the question, rows or why there are none. */
  get settled(): boolean {
    return this.answered || this.failure !== null;
  }
  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** Fetches the first window and follows it; also what “show” does. Old rows stay until the new ones are here. */
  async load(): Promise<void> {
    const mine = ++this.#asked;
    this.loading = true;
    const slow = setTimeout(() => (this.slow = mine === this.#asked), SKELETON_AFTER_MS);
    const verySlow = setTimeout(() => (this.verySlow = mine === this.#asked), EXPLAIN_AFTER_MS);
    try {
      const page = await this.#ask(null);
      if (mine !== this.#asked) return;
      this.list = listed(page.rows);
      this.answered = true;
      this.#count(page);
      this.#next = page.nextCursor;
      this.failure = null;
      this.#follow(page.cursor);
    } catch (error) {
      if (mine === this.#asked) this.failure = failureOf(error);
    } finally {
      clearTimeout(slow);
      clearTimeout(verySlow);
      if (mine === this.#asked) {
        this.loading = false;
        this.slow = false;
        this.verySlow = false;
      }
    }
  }

  /** Fetches the window after the last row. */
  async loadMore(): Promise<void> {
    if (this.loading || this.#next === null) return;
    const mine = this.#asked;
    this.loading = true;
    try {
      const page = await this.#ask(this.#next);
      if (mine !== this.#asked) return;
      this.list = append(this.list, page.rows);
      this.#next = page.nextCursor;
    } catch (error) {
      if (mine === this.#asked) this.failure = failureOf(error);
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }

  stop(): void {
    this.#asked += 1;
    clearTimeout(this.#recountTimer);
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  #ask(cursor: string | null): Promise<ResourcePage> {
    return trpc.resource.list.query({
      ...this.filter,
      sort: this.sort,
      descending: this.descending,
      limit: this.limit,
      // What follows the first window is counted already.
      ...(cursor === null ? {} : { cursor, facets: [] }),
    });
  }
  #count(page: ResourcePage): void {
    this.total = page.total;
    this.facets = page.facets;
  }

  #follow(cursor: string): void {
    this.#stopWatching?.();
    for (const cluster of fleet.clusters) {
      if (isInFirstSync(cluster)) this.#firstSyncs.add(cluster.id);
      this.#troubles.set(cluster.id, troubleOf(cluster));
    }
    this.#stopWatching = live.watch({
      topics: [{ topic: "query", filter: this.filter }],
      from: cursor,
      onChanges: (changes) => {
        this.list = applyChanges(this.list, changes, {
          matches: (row) => matches(this.filter, row),
          sortKey: SORT_KEY[this.sort],
          nowMs: now.ms,
        });
        this.#recountLater();
        // Nothing is there to move: an empty list shows what arrives.
        if (this.list.rows.length === 0 && this.list.news.size > 0) void this.load();
      },
      onCluster: (clusterId, cluster) => {
        if (cluster !== null && isInFirstSync(cluster)) this.#firstSyncs.add(clusterId);
        else if (this.#firstSyncs.delete(clusterId)) void this.load();
        if (cluster !== null && this.#troubles.get(clusterId) !== troubleOf(cluster)) {
          this.#troubles.set(clusterId, troubleOf(cluster));
          void this.#markAnew();
        }
        // A cluster's stream broke or came back: its rows lose or regain their tone.
        const stale = cluster === null || cluster.stale;
        if (!this.list.rows.some(({ row }) => row.clusterId === clusterId && row.stale !== stale)) return;
        const rows = this.list.rows.map((listedRow) =>
          listedRow.row.clusterId === clusterId ? { ...listedRow, row: { ...listedRow.row, stale } } : listedRow,
        );
        this.list = { ...this.list, rows };
      },
      onRefetch: () => void this.load(),
    });
  }
  /** A controller went down or came back: only the server knows which objects are its own. Nothing moves. */
  async #markAnew(): Promise<void> {
    const mine = this.#asked;
    const marks = new Map<string, string | null>();
    try {
      for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
        const page: ResourcePage = await this.#ask(cursor);
        for (const { id, unreconciled } of page.rows) marks.set(id, unreconciled);
        cursor = marks.size < this.list.rows.length ? page.nextCursor : null;
      }
    } catch {
      // The next change of the cluster asks again.
    }
    if (mine !== this.#asked) return;
    const rows = this.list.rows.map((listedRow) => {
      const { row } = listedRow;
      return { ...listedRow, row: { ...row, unreconciled: marks.get(row.id) ?? null } };
    });
    this.list = { ...this.list, rows };
  }
  #recountLater(): void {
    this.#recountTimer ??= setTimeout(() => {
      this.#recountTimer = undefined;
      void trpc.resource.list
        .query({ ...this.filter, sort: this.sort, limit: 1 })
        .then((page) => this.#count(page))
        .catch(() => {
          // The counts stay as they were; the list itself shows what is wrong.
        });
    }, RECOUNT_EVERY_MS);
  }
}
