import { type Database, type Fence, fence, unlisted } from "@flux-orchestrator/db";
import { farewell } from "./judge.ts";
import { store } from "./write-batch.ts";

/**
 * Takes away the rows of one kind of one cluster that a complete list did not contain. Call it only after everything
 * that was listed is stored, and before the watch that follows the list begins.
 * @returns how many
 */
export async function sweep(
  database: Database,
  of: { clusterId: string; group: string; kind: string },
  options: { fence: Fence; listed: readonly { namespace: string; name: string }[]; nowMs: number },
): Promise<number> {
  return (await database.sql.begin(async (tx) => {
    const held = await fence(tx, [options.fence]);
    if (!held.has(of.clusterId)) return 0;
    const gone = await unlisted(tx, of, options.listed);
    return store(
      tx,
      gone.map((stored) => ({
        pending: { change: "gone" as const, key: stored, uid: stored.uid },
        stored,
        judgement: { remove: stored, transitions: [farewell(stored, options.nowMs)] },
      })),
    );
  })) as number;
}
