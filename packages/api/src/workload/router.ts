import { mutation, query, router, subscription } from "../trpc.ts";
import { listContainers } from "./containers.ts";
import { fleetLog } from "./fleet-log.ts";
import { followPodLog } from "./follow-pod-log.ts";
import { objectManifest } from "./manifest.ts";
import { podLog } from "./pod-log.ts";
import { removePod } from "./remove-pod.ts";
import { restartWorkload } from "./restart.ts";
import { scaleWorkload } from "./scale.ts";
import { updateObject } from "./update.ts";

export const workloadRouter = router({
  manifest: query(objectManifest),
  scale: mutation(scaleWorkload),
  restart: mutation(restartWorkload),
  update: mutation(updateObject),
  containers: query(listContainers),
  removePod: mutation(removePod),
  podLog: query(podLog),
  /** Each event's id says how far its reader has come. */
  followPodLog: subscription(followPodLog),
  logs: query(fleetLog),
});
