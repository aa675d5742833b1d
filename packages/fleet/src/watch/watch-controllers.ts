import type { Database } from "@flux-orchestrator/db";
import {
  CONTROLLER_SELECTOR,
  controllerOf,
  type FluxController,
  type KubeObject,
  OPERATOR_SELECTOR,
} from "@flux-orchestrator/flux";
import {
  DEPLOYMENTS,
  deploymentScope,
  FLUX_NAMESPACE,
  KubeError,
  pause,
  runReflector,
  type ServedKind,
  type Transport,
} from "@flux-orchestrator/k8s";
import type { FleetLog } from "../log.ts";
import { type KnownControllers, storeControllers } from "./store-controllers.ts";

const STORE_AGAIN_MS = 500;
const ASK_AGAIN_MS = 15_000;
const OPERATOR_GROUP = "fluxcd.controlplane.io";

interface Options {
  clusterId: string;
  served: readonly ServedKind[];
  transport: Transport;
  database: Database;
  log: FleetLog;
  signal: AbortSignal;
}

/**
 * Keeps what is known of a cluster's Flux controllers equal to their Deployments, where the credential may read them,
 * until the signal aborts. Never throws: a cluster is watched without it.
 */
export async function watchControllers(options: Options): Promise<void> {
  const { clusterId, log, signal } = options;
  while (!signal.aborted) {
    try {
      await watchDeployments(options);
    } catch (error) {
      if (signal.aborted) return;
      // That a cluster does not answer is told by its kinds.
      if (!(error instanceof KubeError))
        log.warn({ err: error, clusterId }, "the Flux controllers of a cluster cannot be watched; it is tried again");
      await pause(ASK_AGAIN_MS, signal);
    }
  }
}

async function watchDeployments(options: Options): Promise<void> {
  const { clusterId, transport, database, log, signal } = options;
  const store = new LatestWrite((known: KnownControllers) => storeControllers(database, clusterId, known), {
    signal,
    onFailure: (error) => log.warn({ err: error, clusterId }, "the Flux controllers of a cluster could not be stored"),
  });
  const served = options.served.map(({ kind }) => kind);
  const tell = (known: Omit<KnownControllers, "served">) => store.put({ ...known, served });
  try {
    const read = await deploymentScope(transport);
    if (read === "forbidden") {
      tell({ read, controllers: [] });
      // Rights that are given later are seen by the next round.
      await pause(2 ** 31 - 1, signal);
    } else await reflectDeployments({ ...options, read, tell });
  } finally {
    await store.settled();
  }
}

async function reflectDeployments(
  options: Options & { read: "everywhere" | "namespace"; tell: (known: Omit<KnownControllers, "served">) => void },
): Promise<void> {
  const { served, transport, signal, read } = options;
  const selectors = [CONTROLLER_SELECTOR];
  if (served.some(({ group }) => group === OPERATOR_GROUP)) selectors.push(OPERATOR_SELECTOR);
  /** What each watch knows; null until its first list has ended. */
  const found: (Map<string, FluxController> | null)[] = selectors.map(() => null);
  const tell = () => {
    const lists = found.filter((list) => list !== null);
    // A Deployment that both find is one.
    const controllers = [...new Map(lists.flatMap((list) => [...list])).values()];
    if (lists.length === selectors.length) options.tell({ read, controllers });
  };
  await Promise.all(
    selectors.map((labelSelector, at) => {
      let listed = new Map<string, FluxController>();
      const see = (list: Map<string, FluxController>, object: KubeObject) => {
        const controller = controllerOf(object);
        if (controller === null) list.delete(nameOf(object));
        else list.set(nameOf(object), controller);
      };
      return runReflector({
        transport,
        served: DEPLOYMENTS,
        part: { labelSelector, ...(read === "namespace" ? { namespace: FLUX_NAMESPACE } : {}) },
        signal,
        sink: {
          onListStart() {
            listed = new Map();
          },
          onPage(objects) {
            for (const object of objects) see(listed, object);
          },
          onListEnd() {
            found[at] = listed;
            tell();
          },
          onEvent(type, object) {
            if (type === "DELETED") listed.delete(nameOf(object));
            else see(listed, object);
            tell();
          },
          onBookmark() {},
          onState({ state }) {
            if (state === "forbidden") options.tell({ read: "forbidden", controllers: [] });
          },
        },
      });
    }),
  );
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

/** Writes one after the other, each time the newest; what fails is tried again until something newer came. */
class LatestWrite<T> {
  #waiting: { value: T } | null = null;
  #writing: Promise<void> | null = null;

  constructor(
    readonly write: (value: T) => Promise<void>,
    readonly options: { signal: AbortSignal; onFailure: (error: unknown) => void },
  ) {}

  put(value: T): void {
    this.#waiting = { value };
    this.#writing ??= this.#drain();
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    const { signal, onFailure } = this.options;
    for (let next = this.#waiting; next !== null && !signal.aborted; next = this.#waiting) {
      this.#waiting = null;
      try {
        await this.write(next.value);
      } catch (error) {
        onFailure(error);
        this.#waiting ??= next;
        await pause(STORE_AGAIN_MS, signal);
      }
    }
    this.#writing = null;
  }
}
