import { KubeError, type RequestOptions, type Transport } from "@flux-orchestrator/k8s";

/** The same transport, whose calls all end when the signal aborts: no request outlives its cluster's watcher. */
export function closableTransport(transport: Transport, signal: AbortSignal): Transport {
  const bound = async <T>(
    options: RequestOptions | undefined,
    call: (options: RequestOptions) => Promise<T>,
  ): Promise<T> => {
    if (signal.aborted) throw closed();
    const own = options?.signal;
    try {
      return await call({ ...options, signal: own === undefined ? signal : AbortSignal.any([signal, own]) });
    } catch (error) {
      throw signal.aborted && !(error instanceof KubeError) ? closed(error) : error;
    }
  };
  return {
    target: transport.target,
    get heardAtMs() {
      return transport.heardAtMs;
    },
    stream: (path, options) => bound(options, (all) => transport.stream(path, all)),
    // Whoever pours has a signal that aborts with ours already: one more for each of many streams would be a burden.
    pour: async (path, options, take) => {
      if (signal.aborted) throw closed();
      return transport.pour(path, options, take);
    },
    json: (path, options) => bound(options, (all) => transport.json(path, all)),
    text: (path, options) => bound(options, (all) => transport.text(path, all)),
    probe: (options) => bound(options, (all) => transport.probe(all)),
    close: () => transport.close(),
  };
}

const closed = (cause?: unknown) =>
  new KubeError("CLUSTER_UNREACHABLE", "The connection to the cluster was closed.", { cause });
