import type { Database } from "@flux-orchestrator/db";
import { ClusterPrints, startFlusher, testSink } from "@flux-orchestrator/fleet/measured";
import type { KubeObject } from "@flux-orchestrator/flux";

type Sink = ReturnType<typeof testSink>;

/** The writing half of the product in this process: what its reflectors fill, and the flusher that stores it. */
export interface WritingReplica {
  /** A watch event, as a reflector hands it over; resolves when there is room for the next. */
  event(clusterId: string, object: KubeObject): Promise<void>;
  /** A complete list of one kind of a cluster, as a start or a relist hands it over. */
  list(clusterId: string, kind: string, objects: readonly KubeObject[]): Promise<void>;
  /** Resolves when everything so far is stored. */
  settled(): Promise<void>;
  /** What has been seen is forgotten, and read from the rows, as by a restart. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param onWritten after each commit that wrote something */
export async function startWritingReplica(
  database: Database,
  clusterIds: readonly string[],
  onWritten: () => void,
): Promise<WritingReplica> {
  const { flusher, log, stop } = await startFlusher(database, clusterIds, { onWritten });
  const ended = new AbortController();
  let sinks = new Map<string, Sink>();
  let prints = new Map<string, ClusterPrints>();
  const printsOf = (clusterId: string): ClusterPrints => {
    const known = prints.get(clusterId) ?? new ClusterPrints(clusterId);
    prints.set(clusterId, known);
    return known;
  };
  const sinkOf = (clusterId: string, kind: string): Sink => {
    const name = `${clusterId}/${kind}`;
    const known = sinks.get(name);
    if (known !== undefined) return known;
    const sink = testSink(kind, {
      clusterId,
      flusher,
      prints: printsOf(clusterId),
      signal: ended.signal,
      onUnreadable: (count) => {
        throw new Error(`${count} objects could not be read`);
      },
    });
    sinks.set(name, sink);
    return sink;
  };
  return {
    async event(clusterId, object) {
      await sinkOf(clusterId, object.kind).onEvent("MODIFIED", object);
    },
    async list(clusterId, kind, objects) {
      const sink = sinkOf(clusterId, kind);
      await sink.onListStart("first");
      await sink.onPage(objects);
      await sink.onListEnd("1");
    },
    settled: () => flusher.settled(),
    async restart() {
      sinks = new Map();
      prints = new Map();
      for (const clusterId of clusterIds) await printsOf(clusterId).load(database, Date.now(), true);
    },
    async stop() {
      ended.abort();
      await stop();
      // Warnings are of what is tried again, as under a load that is too high.
      const errors = log.lines.filter((line) => line.startsWith("error"));
      if (errors.length > 0) throw new Error(`writing did not go well:\n${errors.slice(0, 5).join("\n")}`);
    },
  };
}
