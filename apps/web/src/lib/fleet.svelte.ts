import type { Cluster, FleetSummary } from "@flux-orchestrator/contract";
import { live } from "./live/live.svelte.ts";
import { Loaded } from "./loaded.svelte.ts";
import { trpc } from "./trpc.ts";

/** Its objects are being read for the first time. */
export const isInFirstSync = (cluster: Cluster): boolean =>
  cluster.stream === "syncing" && cluster.confirmedAt === null;

/**
 * Every cluster, kept current: what the rail, the palette, the fleet page and the clusters table share. Asked once,
 * then patched by the stream.
 */
class Fleet {
  readonly summary = new Loaded<FleetSummary>((signal) => trpc.fleet.summary.query(undefined, { signal }));
  clusters = $state.raw<Cluster[]>([]);
  known = $state(false);
  /** The first run goes on until its import ended, although clusters appear while it runs. */
  importing = $state(false);
  /** Known to be empty, or being filled for the first time. */
  get isFirstRun(): boolean {
    return this.importing || (this.known && this.clusters.length === 0);
  }

  start(): () => void {
    let stop: (() => void) | null = null;
    let over = false;
    void this.load().then((cursor) => {
      if (over) return;
      stop = live.watch({
        topics: [{ topic: "summary" }],
        from: cursor,
        onCluster: (id, cluster) => this.put(id, cluster),
        onRefetch: () => void this.load(),
      });
    });
    return () => {
      over = true;
      stop?.();
    };
  }

  /** Asks for everything again. Returns the feed cursor the answer is true at. */
  async load(): Promise<string | null> {
    const summary = await this.summary.load();
    if (summary === null) return null;
    this.clusters = sortedByName(summary.clusters);
    this.known = true;
    return summary.cursor;
  }
  /** Takes one cluster's new record; null when it was removed. */
  put(id: string, cluster: Cluster | null): void {
    const at = this.clusters.findIndex((other) => other.id === id);
    // A hundred of a thousand change each second: only a new name needs a new order.
    if (cluster !== null && this.clusters[at]?.name === cluster.name) {
      this.clusters = this.clusters.with(at, cluster);
      return;
    }
    const others = this.clusters.filter((other) => other.id !== id);
    this.clusters = cluster === null ? others : sortedByName([...others, cluster]);
  }
  bySlug(slug: string): Cluster | undefined {
    return this.clusters.find((cluster) => cluster.slug === slug);
  }
}
const BY_NAME = new Intl.Collator("en", { numeric: true });
const sortedByName = (clusters: Cluster[]): Cluster[] => clusters.toSorted((a, b) => BY_NAME.compare(a.name, b.name));

export const fleet = new Fleet();
