import { mutation, router, submission } from "../trpc.ts";
import { bulkReconcile, bulkResume, bulkSuspend } from "./jobs.ts";
import { previewBulk } from "./preview.ts";

export const bulkRouter = router({
  // As a mutation, since thousands of names do not fit into an address.
  preview: mutation(previewBulk),
  reconcile: submission(bulkReconcile),
  suspend: submission(bulkSuspend),
  resume: submission(bulkResume),
});
