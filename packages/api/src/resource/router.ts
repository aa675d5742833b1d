import { mutation, query, router } from "../trpc.ts";
import { listEvents } from "./events.ts";
import { getResource } from "./get.ts";
import { listResources } from "./list.ts";
import { reconcileResource } from "./reconcile.ts";
import { resumeResource } from "./resume.ts";
import { getRun } from "./run.ts";
import { suspendResource } from "./suspend.ts";
import { updateResource } from "./update.ts";
import { usedBy } from "./used-by.ts";
import { waitsFor } from "./waits-for.ts";
import { resourceYaml } from "./yaml.ts";

export const resourceRouter = router({
  list: query(listResources),
  get: query(getResource),
  yaml: query(resourceYaml),
  events: query(listEvents),
  usedBy: query(usedBy),
  waitsFor: query(waitsFor),
  reconcile: mutation(reconcileResource),
  suspend: mutation(suspendResource),
  resume: mutation(resumeResource),
  update: mutation(updateResource),
  run: query(getRun),
});
