export { type DevCluster, type DevClusterOptions, startDevCluster } from "./dev-cluster/start-dev-cluster.ts";
export { untilAskedToStop } from "./dev-cluster/until-asked-to-stop.ts";
export { type FaultProxy, startFaultProxy, type TcpFault } from "./faults/fault-proxy.ts";
export { type PostgresFault, type PostgresFaultProxy, startPostgresFaultProxy } from "./faults/postgres-fault-proxy.ts";
export { type FluxCluster, startFluxCluster } from "./flux/flux-cluster.ts";
export { type FluxController, type FluxControllers, startFluxControllers } from "./flux/flux-controllers.ts";
export { installExtraCrds, installFluxCrds } from "./flux/flux-crds.ts";
export { type GitSource, startGitSource } from "./flux/git-source.ts";
export { type Chart, type HelmSource, startHelmSource } from "./flux/helm-source.ts";
export type { KeyPair } from "./kubernetes/certificates.ts";
export { type FakeKubelet, type FakeLogLine, startFakeKubelet } from "./kubernetes/fake-kubelet.ts";
export { FAILING_POD_LABEL, type FakeNode, startFakeNode } from "./kubernetes/fake-node.ts";
export { type KubeApiserver, type StaticToken, startKubeApiserver } from "./kubernetes/kube-apiserver.ts";
export { type RunningComponent, startKubeControllerManager } from "./kubernetes/kube-controller-manager.ts";
export {
  applyObject,
  conditionOf,
  createNamespace,
  createObject,
  deleteObject,
  getObject,
  objectPath,
  patchObject,
  patchStatus,
  untilObject,
  untilReady,
} from "./kubernetes/kube-objects.ts";
export { type KubeObject, type KubeObjectRef, KubeRequestError, kubeRequest } from "./kubernetes/kube-request.ts";
export type { KubeconfigOverrides } from "./kubernetes/kubeconfig.ts";
export { ensurePrerequisites, type Prerequisites } from "./prerequisites/ensure-prerequisites.ts";
export { type Requirement, requirement } from "./prerequisites/requirement.ts";
export { freePorts } from "./processes/free-ports.ts";
export { GaveUpError, until } from "./processes/until.ts";
export { type Random, randomOf } from "./seed/random.ts";
export { seedObjects } from "./seed/seed-objects.ts";
export { SEEDED_LABEL } from "./seed/seeded-objects.ts";
export type { ClusterAddress } from "./simulated-fleet/control/control.ts";
export { simulatedKubeconfig } from "./simulated-fleet/kubeconfig.ts";
export { type RecordedHistory, type RecordedState, recordHistory } from "./simulated-fleet/record-history.ts";
export type { HistoryEntry, SimulatedCluster } from "./simulated-fleet/simulated-cluster.ts";
export { type FleetProcess, spawnSimulatedFleet } from "./simulated-fleet/spawn-simulated-fleet.ts";
export {
  type SimulatedFleet,
  type SimulatedFleetOptions,
  startSimulatedFleet,
} from "./simulated-fleet/start-simulated-fleet.ts";
export { type Authority, createAuthority, type LeafRequest } from "./tls/authority.ts";
export { type ConnectProxy, startConnectProxy } from "./tls/connect-proxy.ts";
export type { RecordedRequest, Reply } from "./tls/http-exchange.ts";
export {
  type Answer,
  type RecordedConnection,
  type RecordingServer,
  startRecordingServer,
} from "./tls/recording-server.ts";
