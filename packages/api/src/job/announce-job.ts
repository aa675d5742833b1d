import { appendLog, type Transaction } from "@flux-orchestrator/db";
import type { SqlRunner } from "../context.ts";

/** Tells the change feed that a job went on. The last write of its transaction, as every entry of the log. */
export async function announceJob(tx: SqlRunner, jobId: string): Promise<void> {
  await appendLog(tx as Transaction, [{ subject: "job", op: "upsert", jobId }]);
}
