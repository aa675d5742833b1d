/** The inner works that benchmarks and tests drive by themselves; nobody else needs them. */
export { FEED_CHANNEL } from "./feed.ts";
export { insertCluster, startFlusher, testSink } from "./test-fleet.ts";
export { ClusterPrints } from "./watch/prints.ts";
