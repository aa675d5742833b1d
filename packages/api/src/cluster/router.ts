import { mutation, query, router, submission } from "../trpc.ts";
import { favoriteCluster } from "./favorite.ts";
import { getCluster } from "./get.ts";
import { labelClusters } from "./label.ts";
import { listClusters } from "./list.ts";
import { probeCluster } from "./probe.ts";
import { registerCluster } from "./register.ts";
import { removeCluster } from "./remove.ts";
import { resyncCluster } from "./resync.ts";
import { resyncAllClusters } from "./resync-all.ts";
import { updateCluster } from "./update.ts";

export const clusterRouter = router({
  list: query(listClusters),
  get: query(getCluster),
  register: mutation(registerCluster),
  update: mutation(updateCluster),
  remove: mutation(removeCluster),
  label: mutation(labelClusters),
  resync: mutation(resyncCluster),
  resyncAll: submission(resyncAllClusters),
  probe: mutation(probeCluster),
  favorite: mutation(favoriteCluster),
});
