import {
  favoriteCluster,
  getCluster,
  listClusters,
  probeCluster,
  registerCluster,
  removeCluster,
  resyncCluster,
  updateCluster,
} from "@flux-orchestrator/api";
import { get, post, put, remove, type V1Call } from "./route.ts";
import { toV1Cluster } from "./shapes/cluster.ts";
import { toHealthyOrRefuse } from "./shapes/cluster-health.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";
import { toSyncAnswer } from "./shapes/sync.ts";

const cluster = ({ params }: V1Call) => ({ cluster: params["id"] ?? "" });

export const clusterRoutes = [
  get("/clusters", listClusters, { respond: (clusters) => clusters.map(toV1Cluster) }),
  post("/clusters", registerCluster, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        name: body.text("name") ?? "",
        description: body.text("description"),
        kubeconfig: body.text("kubeconfig") ?? "",
      });
    },
    status: 201,
    respond: toV1Cluster,
  }),
  get("/clusters/:id", getCluster, { input: cluster, respond: toV1Cluster }),
  put("/clusters/:id", updateCluster, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        ...cluster(call),
        name: body.text("name"),
        description: body.text("description"),
        kubeconfig: body.text("kubeconfig"),
        healthCheckIntervalSeconds: body.wholeNumber("health_check_interval"),
      });
    },
    respond: () => ({ message: "Cluster updated" }),
  }),
  remove("/clusters/:id", removeCluster, { input: cluster, respond: () => ({ message: "Cluster removed" }) }),
  get("/clusters/:id/health", probeCluster, { input: cluster, respond: toHealthyOrRefuse }),
  post("/clusters/:id/sync", resyncCluster, { input: cluster, respond: toSyncAnswer }),
  post("/clusters/:id/favorite", favoriteCluster, { input: cluster, respond: toV1Cluster }),
];
