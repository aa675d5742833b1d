import type { Cluster, ClusterDetail } from "@flux-orchestrator/contract";
import { isMissing } from "../failure.ts";
import { fleet } from "../fleet.svelte.ts";
import { live } from "../live/live.svelte.ts";
import { Loaded } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";

/** Kinds and counts are asked for again at most this often while the cluster changes. */
const REREAD_EVERY_MS = 1500;

/** One cluster's page: read once, its record kept current by the stream. */
export class ClusterView {
  readonly detail: Loaded<ClusterDetail>;
  removed = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly slug: string) {
    this.detail = new Loaded((signal) => trpc.cluster.get.query({ cluster: slug }, { signal }));
  }
  get missing(): boolean {
    return this.detail.value === null && this.detail.failure !== null && isMissing(this.detail.failure);
  }
  /** Takes over what an action of the reader answered with, before the stream tells of it. */
  take(cluster: Cluster): void {
    const detail = this.detail.value;
    if (detail !== null && detail.id === cluster.id) this.detail.value = { ...detail, ...cluster };
    fleet.put(cluster.id, cluster);
  }
  open(): () => void {
    void this.detail.load();
    const stop = live.watch({
      topics: [{ topic: "cluster", cluster: this.slug }],
      from: null,
      onCluster: (id, cluster) => {
        const detail = this.detail.value;
        if (detail === null || detail.id !== id) return;
        this.removed = cluster === null;
        if (cluster === null) return;
        this.detail.value = { ...detail, ...cluster };
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          void this.detail.load();
        }, REREAD_EVERY_MS);
      },
      onRefetch: () => void this.detail.load(),
    });
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.detail.stop();
    };
  }
}
