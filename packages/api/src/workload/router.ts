import { mutation, query, router } from "../trpc.ts";
import { listContainers } from "./containers.ts";
import { objectManifest } from "./manifest.ts";
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
});
