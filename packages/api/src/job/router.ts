import { mutation, query, router } from "../trpc.ts";
import { cancelJob } from "./cancel.ts";
import { getJob } from "./get.ts";
import { listJobs } from "./list.ts";

export const jobRouter = router({
  list: query(listJobs),
  get: query(getJob),
  cancel: mutation(cancelJob),
});
