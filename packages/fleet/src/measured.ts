/** The inner works that benchmarks and tests drive by themselves; nobody else needs them. */
export { FEED_CHANNEL } from "./feed.ts";
export { NO_METRICS } from "./metrics.ts";
export { insertCluster, startFlusher, testHmac } from "./test-fleet.ts";
export { objectSink } from "./watch/object-sink.ts";
export { ClusterPrints } from "./watch/prints.ts";
