import { mutation, router } from "../trpc.ts";
import { restartWorkload } from "./restart.ts";
import { scaleWorkload } from "./scale.ts";
import { updateObject } from "./update.ts";

export const workloadRouter = router({
  scale: mutation(scaleWorkload),
  restart: mutation(restartWorkload),
  update: mutation(updateObject),
});
