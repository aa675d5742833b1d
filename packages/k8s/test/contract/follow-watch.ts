import { FluxClient } from "../../src/flux-client.ts";
import { type WatchEvent, watch } from "../../src/reflector/watch.ts";
import type { ContractWorld } from "./contract-suite.ts";

/** Events of one watch of Kustomizations, filled while the test goes on. */
export function followWatch(world: ContractWorld, resourceVersion: string) {
  const stop = new AbortController();
  const events: WatchEvent[] = [];
  const state = { open: false };
  const ended = watch(world.transport(), world.served("Kustomization"), {
    resourceVersion,
    signal: stop.signal,
    onOpen: () => {
      state.open = true;
    },
    onEvent: (event) => void events.push(event),
    onUnreadable: ({ reason }) => {
      throw new Error(`an event cannot be read: ${reason}`);
    },
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const end = () => {
    stop.abort();
    return ended;
  };
  return { events, state, ended, end, [Symbol.asyncDispose]: end };
}

/** The version that a list of Kustomizations has now. */
export async function versionOf(world: ContractWorld): Promise<string> {
  const client = new FluxClient(world.transport());
  const { value } = await client.pages(world.served("Kustomization"), { pageSize: 1 }).next();
  return value!.resourceVersion;
}
