import { join } from "node:path";
import { findClusterTools } from "../prerequisites/cluster-tools.ts";
import { startChild } from "../processes/child-process.ts";
import { freePorts } from "../processes/free-ports.ts";
import { until } from "../processes/until.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import { getObject } from "./kube-objects.ts";

// What objects in tests rely on; the rest would only cost memory.
const CONTROLLERS = [
  "deployment",
  "replicaset",
  "statefulset",
  "daemonset",
  "job",
  "cronjob",
  "namespace",
  "serviceaccount",
  "root-ca-certificate-publisher-controller",
  "garbagecollector",
  "endpointslice",
  "nodelifecycle",
];

export interface RunningComponent extends AsyncDisposable {
  stop(): Promise<void>;
}

/** Starts kube-controller-manager: Deployments get pods, namespaces go away when deleted, owners take dependants along. */
export async function startKubeControllerManager(apiserver: KubeApiserver): Promise<RunningComponent> {
  const tools = await findClusterTools(["kube-controller-manager"]);
  if (!tools.ok) throw new Error(tools.reason);
  const [port] = (await freePorts(1)) as [number];
  const flags = {
    kubeconfig: apiserver.kubeconfigPath,
    "authentication-kubeconfig": apiserver.kubeconfigPath,
    "authorization-kubeconfig": apiserver.kubeconfigPath,
    "bind-address": "127.0.0.1",
    "secure-port": String(port),
    "cert-dir": join(apiserver.folder, "generated-kcm"),
    "leader-elect": "false",
    "service-account-private-key-file": join(apiserver.folder, "sa.key"),
    "root-ca-file": join(apiserver.folder, "ca.crt"),
    "use-service-account-credentials": "false",
    controllers: CONTROLLERS.join(","),
  };
  const child = startChild({
    name: "kube-controller-manager",
    logFile: join(apiserver.folder, "kube-controller-manager.log"),
    command: [
      tools.binaries["kube-controller-manager"],
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    ],
  });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
  try {
    await until("kube-controller-manager has made the default service account", async () => {
      child.assertRunning();
      return Boolean(await getObject(apiserver, account));
    });
  } catch (error) {
    await child.kill();
    throw error;
  }
  return { stop: () => child.kill(), [Symbol.asyncDispose]: () => child.kill() };
}
