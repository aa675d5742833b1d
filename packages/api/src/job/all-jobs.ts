import { bulkReconcile, bulkResume, bulkSuspend } from "../bulk/jobs.ts";
import { resyncAllClusters } from "../cluster/resync-all.ts";
import type { Job } from "../operation.ts";

/** Every job of this version: what a stored name leads to after a restart. */
export const ALL_JOBS: readonly Job[] = [resyncAllClusters, bulkReconcile, bulkSuspend, bulkResume];
