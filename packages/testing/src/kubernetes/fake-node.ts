import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findClusterTools, findKwokStages } from "../prerequisites/cluster-tools.ts";
import { startChild } from "../processes/child-process.ts";
import { freePorts } from "../processes/free-ports.ts";
import { GaveUpError } from "../processes/until.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import type { RunningComponent } from "./kube-controller-manager.ts";
import { conditionOf, createObject, untilObject } from "./kube-objects.ts";
import type { KubeObject } from "./kube-request.ts";

/** Pods with this label never pull their image: `ImagePullBackOff`. */
export const FAILING_POD_LABEL = "flux-orchestrator/fails";

export interface FakeNode extends RunningComponent {
  /** Adds a line to what every pod's log says. */
  log(line: string): Promise<void>;
}

/** Starts kwok with one node, to which every pod is bound; pods become Running and Ready without running anything. */
export async function startFakeNode(apiserver: KubeApiserver): Promise<FakeNode> {
  const tools = await findClusterTools(["kwok"]);
  if (!tools.ok) throw new Error(tools.reason);
  const path = (file: string) => join(apiserver.folder, file);
  const logsFile = path("pods.log");
  await writeFile(logsFile, criLine("started"));
  await writeFile(path("kwok.yaml"), await configuration(logsFile));
  const [port] = (await freePorts(1)) as [number];
  const flags = {
    kubeconfig: apiserver.kubeconfigPath,
    config: path("kwok.yaml"),
    "manage-all-nodes": "true",
    "node-ip": "127.0.0.1",
    "node-port": String(port),
    "server-address": `127.0.0.1:${port}`,
    "tls-cert-file": path("kubelet.crt"),
    "tls-private-key-file": path("kubelet.key"),
    cidr: "10.1.0.0/16",
    "node-lease-duration-seconds": "40",
  };
  const kwok = startChild({
    name: "kwok",
    logFile: path("kwok.log"),
    command: [tools.binaries.kwok, ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
  });
  try {
    for (const object of bindEveryPodTo("node-0")) await createObject(apiserver, object);
    const node = await createObject(apiserver, { apiVersion: "v1", kind: "Node", metadata: { name: "node-0" } });
    await untilObject(apiserver, node, (seen) => {
      kwok.assertRunning();
      return conditionOf(seen, "Ready")?.status === "True";
    });
  } catch (error) {
    await kwok.kill();
    throw error instanceof GaveUpError ? error : new Error(`${(error as Error).message}\n${kwok.tail()}`);
  }
  return {
    log: (line) => appendFile(logsFile, criLine(line)),
    stop: () => kwok.kill(),
    [Symbol.asyncDispose]: () => kwok.kill(),
  };
}

/** With one node, an admission policy is scheduler enough. */
function bindEveryPodTo(nodeName: string): KubeObject[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: "bind-every-pod" };
  const expression = `Object{spec: Object.spec{nodeName: "${nodeName}"}}`;
  const pods = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };
  const policy = {
    matchConstraints: { resourceRules: [pods] },
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
  };
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata, spec: policy },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata, spec: { policyName: metadata.name } },
  ];
}

async function configuration(logsFile: string): Promise<string> {
  const stages = findKwokStages();
  if (!stages.ok) throw new Error(stages.reason);
  const parsed = Bun.YAML.parse(await Bun.file(stages.file).text()) as (KubeObject | null)[];
  const documents = parsed.filter((stage) => stage !== null);
  const ready = documents.find((stage) => stage.metadata.name === "pod-ready");
  if (ready === undefined) throw new Error(`no stage pod-ready in ${stages.file}`);
  const labelled = (operator: string) => ({ key: `.metadata.labels["${FAILING_POD_LABEL}"]`, operator });
  const fails = structuredClone(ready);
  ready.spec.selector.matchExpressions.push(labelled("DoesNotExist"));
  fails.metadata.name = "pod-fails";
  // No `Ready: True` ever ends this stage; the reason it sets does.
  fails.spec.selector.matchExpressions = [
    { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
    { key: ".status.containerStatuses.[].state.waiting.reason", operator: "DoesNotExist" },
    labelled("Exists"),
  ];
  fails.spec.next = { statusTemplate: FAILING_STATUS };
  const logs = { logs: [{ logsFile, followLogs: true }] };
  documents.push(fails, {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "pods" },
    spec: logs,
  });
  return documents.map((document) => Bun.YAML.stringify(document, null, 2)).join("\n---\n");
}

const FAILING_STATUS = `
phase: Pending
hostIP: "127.0.0.1"
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    waiting:
      reason: ImagePullBackOff
      message: {{ printf "Back-off pulling image %s" .image | Quote }}
{{ end }}
`;

/** The container runtime interface's log format, which kwok reads. */
function criLine(text: string): string {
  return `${new Date().toISOString().replace("Z", "000000Z")} stdout F ${text}\n`;
}
