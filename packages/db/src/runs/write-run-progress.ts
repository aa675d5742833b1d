import type { Sql } from "../connect.ts";
import { appendLog } from "../upsert/append-log.ts";
import { columnArrays } from "../upsert/column-arrays.ts";

/** Of a followed reconcile there is something to tell. */
export interface RunNews {
  id: string;
  clusterId: string;
  /** How it stands now; null: as it is stored. */
  progress: RunProgress | null;
}
export interface RunProgress {
  /** JSON of the chain with the state of each step. */
  steps: string;
  message: string;
  phase: string;
  outcome: string | null;
  /** ISO 8601; null while it is open. */
  endedAt: string | null;
}

const MESSAGE_MAX = 2_000;
const fields = columnArrays<RunProgress & { id: string }>({
  id: "uuid",
  steps: "text",
  message: "text",
  phase: "text",
  outcome: "text",
  endedAt: "timestamptz",
});
const UPDATE = `
  update reconcile_runs r set steps = w.steps, message = w.message, phase = w.phase, outcome = w.outcome, ended_at = w."endedAt"
  from (
    select w.* from unnest(${fields.arrays}) as w(${fields.fields})
    join reconcile_runs locked on locked.id = w.id where locked.phase <> 'ended' order by locked.id for update of locked
  ) w
  where r.id = w.id`;

/** Writes how runs stand, of each the last that is said, and tells the change feed. One that has ended stays as it is. */
export async function writeRunProgress(sql: Sql, said: readonly RunNews[]): Promise<void> {
  const rows = new Map<string, RunProgress & { id: string }>();
  for (const { id, progress } of said)
    if (progress !== null) rows.set(id, { id, ...progress, message: progress.message.slice(0, MESSAGE_MAX) });
  const entries = new Map(
    said.map(({ id, clusterId }) => [id, { subject: "run", op: "upsert", clusterId, runId: id } as const]),
  );
  // Sent in this order without waiting for each other's answers.
  await sql.begin((tx) =>
    Promise.all([
      ...(rows.size > 0 ? [tx.unsafe(UPDATE, fields.parameters([...rows.values()]), { prepare: true }).execute()] : []),
      appendLog(tx, [...entries.values()]),
    ]),
  );
}
