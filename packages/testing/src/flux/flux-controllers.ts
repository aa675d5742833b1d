import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeApiserver } from "../kubernetes/kube-apiserver.ts";
import { applyObject } from "../kubernetes/kube-objects.ts";
import { type ClusterBinary, findClusterTools } from "../prerequisites/cluster-tools.ts";
import { type ChildProcess, startChild } from "../processes/child-process.ts";
import { freePorts } from "../processes/free-ports.ts";
import { GaveUpError, until } from "../processes/until.ts";

export type FluxController = "source" | "kustomize" | "helm" | "notification";

export interface FluxControllers extends AsyncDisposable {
  /** Where a Receiver's webhook path is served; undefined without notification-controller. */
  readonly receiverUrl: string | undefined;
  /** SIGKILL for one controller. */
  kill(controller: FluxController): Promise<void>;
  /** A killed controller again, at the same addresses and with the same stored artifacts. */
  start(controller: FluxController): Promise<void>;
  stop(): Promise<void>;
}

const ALL: readonly FluxController[] = ["source", "kustomize", "helm", "notification"];

/**
 * Starts Flux's controllers on a cluster that has its CRDs, and waits until each says it is ready.
 *
 * @param options.kinds which ones; all four unless told
 * @param options.labelSelector objects they look at: `!flux-orchestrator/seeded` leaves seeded ones alone. Alerts, Providers
 *   and Receivers then count in namespace flux-system only
 */
export async function startFluxControllers(
  apiserver: KubeApiserver,
  options: { kinds?: readonly FluxController[]; labelSelector?: string } = {},
): Promise<FluxControllers> {
  const kinds = options.kinds ?? ALL;
  const tools = await findClusterTools(kinds.map((kind): ClusterBinary => `${kind}-controller`));
  if (!tools.ok) throw new Error(tools.reason);
  const folder = await mkdtemp(join(tmpdir(), "fo-flux-"));
  await applyObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
  const addresses = await chooseAddresses();
  const running = new Map<FluxController, ChildProcess>();

  const start = async (kind: FluxController) => {
    const temporary = join(folder, kind);
    await mkdir(temporary, { recursive: true });
    const events = kinds.includes("notification") ? `http://${addresses.events}` : "";
    const child = startChild({
      name: `${kind}-controller`,
      logFile: join(folder, `${kind}.log`),
      command: [
        tools.binaries[`${kind}-controller`],
        "--enable-leader-election=false",
        "--log-encoding=json",
        `--metrics-addr=${addresses[kind].metrics}`,
        `--health-addr=${addresses[kind].health}`,
        ...selection(kind, options.labelSelector),
        // An address nobody listens on would hold every reconciliation up for 15 s; an empty one switches events off.
        ...(kind === "notification" ? [] : [`--events-addr=${events}`]),
        ...ownFlags(kind, addresses, join(folder, "artifacts")),
      ],
      env: { KUBECONFIG: apiserver.kubeconfigPath, RUNTIME_NAMESPACE: "flux-system", TMPDIR: temporary },
    });
    running.set(kind, child);
    try {
      await until(`${kind}-controller is ready`, async () => {
        child.assertRunning();
        return (await fetch(`http://${addresses[kind].health}/readyz`, { keepalive: false })).ok;
      });
    } catch (error) {
      throw error instanceof GaveUpError ? error : new Error(`${(error as Error).message}\n${child.tail()}`);
    }
  };
  const stop = async () => {
    await Promise.all([...running.values()].map((child) => child.kill()));
    await rm(folder, { recursive: true, force: true });
  };
  await mkdir(join(folder, "artifacts"));
  try {
    await Promise.all(kinds.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    receiverUrl: kinds.includes("notification") ? `http://${addresses.receiver}` : undefined,
    async kill(controller) {
      await running.get(controller)?.kill();
    },
    async start(controller) {
      await running.get(controller)?.kill();
      await start(controller);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** notification-controller knows no label selector, so it is given its own namespace only: nothing seeded lives there. */
function selection(kind: FluxController, labelSelector: string | undefined): string[] {
  if (labelSelector === undefined) return ["--watch-all-namespaces=true"];
  if (kind === "notification") return ["--watch-all-namespaces=false"];
  return ["--watch-all-namespaces=true", `--watch-label-selector=${labelSelector}`];
}

type Addresses = Record<FluxController, { metrics: string; health: string }> &
  Record<"storage" | "events" | "receiver", string>;

/** Chosen once: artifacts carry source-controller's address, so a restarted one must have it again. */
async function chooseAddresses(): Promise<Addresses> {
  const ports = await freePorts(ALL.length * 2 + 3);
  const next = () => `127.0.0.1:${ports.pop()}`;
  const pair = () => ({ metrics: next(), health: next() });
  return {
    source: pair(),
    kustomize: pair(),
    helm: pair(),
    notification: pair(),
    storage: next(),
    events: next(),
    receiver: next(),
  };
}

function ownFlags(kind: FluxController, addresses: Addresses, storagePath: string): string[] {
  switch (kind) {
    case "source":
      return [
        `--storage-path=${storagePath}`,
        `--storage-addr=${addresses.storage}`,
        `--storage-adv-addr=${addresses.storage}`,
      ];
    case "kustomize":
    case "helm":
      // 30 s by default.
      return ["--requeue-dependency=5s"];
    case "notification":
      return [`--events-addr=${addresses.events}`, `--receiverAddr=${addresses.receiver}`, "--rate-limit-interval=1s"];
  }
}
