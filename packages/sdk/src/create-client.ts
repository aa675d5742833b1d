import type { TRPCClient } from "@trpc/client";
import { callerOf } from "./call.ts";
import { type ClientOptions, connectionOf } from "./client-options.ts";
import { proceduresOf } from "./procedures.ts";
import type { AppRouter } from "./router-types.ts";
import { type WatchEvent, type WatchOptions, watch } from "./watch.ts";

const TIMEOUT_MS = 30_000;

/**
 * Everything the server can do, typed by the server itself: `client.cluster.list.query()`,
 * `client.resource.suspend.mutate({ … })`. Calls fail with a `FluxOrchestratorError`.
 */
export type FluxOrchestratorClient = Omit<TRPCClient<AppRouter>, "live"> & {
  /** Changes as they happen, until the loop over them is left. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent>;
};

/** Nothing is connected before the first call. @throws TypeError when the url is none */
export function createClient(options: ClientOptions): FluxOrchestratorClient {
  const connection = connectionOf(options);
  const call = callerOf(connection, options.timeoutMs ?? TIMEOUT_MS);
  return proceduresOf(call, { watch: (topics: WatchOptions) => watch(connection, topics) }) as FluxOrchestratorClient;
}
