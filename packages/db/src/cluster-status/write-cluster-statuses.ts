import type { Sql } from "../connect.ts";
import { appendLog } from "../upsert/append-log.ts";
import { storableJson } from "../upsert/storable.ts";

/** What is new of one cluster's state; absent fields stay as they are. */
export interface ClusterStatusWrite {
  clusterId: string;
  status?: string | undefined;
  stream?: string | undefined;
  /** Null: there is none any more. One with the same code keeps the time it began at. */
  problem?: { code: string } | null | undefined;
  kubernetesVersion?: string | undefined;
  fluxVersion?: string | null | undefined;
  rights?: readonly object[] | undefined;
  kinds?:
    | readonly { group: string; kind: string; version: string | null; state: string; detail: string | null }[]
    | undefined;
  /** ISO 8601. */
  confirmedAt?: string | undefined;
  lastSeenAt?: string | undefined;
  /** A page shows something of it: it becomes an entry of the change log. */
  isShown: boolean;
}

const CLUSTERS = `
  update clusters c set
    status = coalesce(w.status, c.status),
    stream = coalesce(w.stream, c.stream),
    kubernetes_version = coalesce(w."kubernetesVersion", c.kubernetes_version),
    flux_version = case when w."hasFluxVersion" then w."fluxVersion" else c.flux_version end,
    rights = coalesce(w.rights, c.rights),
    confirmed_at = coalesce(w."confirmedAt", c.confirmed_at),
    last_seen_at = coalesce(w."lastSeenAt", c.last_seen_at),
    problem = case when not w."hasProblem" then c.problem
      when w.problem is null then null
      else w.problem || jsonb_build_object('since', case when c.problem->>'code' = w.problem->>'code' then c.problem->>'since'
        else to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end) end
  from (
    select w.* from json_to_recordset($1::text::json) as w("clusterId" uuid, "status" text, "stream" text, "kubernetesVersion" text,
      "hasFluxVersion" boolean, "fluxVersion" text, "rights" jsonb, "confirmedAt" timestamptz, "lastSeenAt" timestamptz,
      "hasProblem" boolean, "problem" jsonb)
    join clusters locked on locked.id = w."clusterId" order by locked.id for update of locked
  ) w
  where c.id = w."clusterId"`;
const KINDS = `
  insert into cluster_kinds (cluster_id, "group", kind, version, state, detail)
  select w."clusterId", w."group", w.kind, w.version, w.state, w.detail
  from json_to_recordset($1::text::json) as w("clusterId" uuid, "group" text, "kind" text, "version" text, "state" text, "detail" text)`;

/** Writes the state of clusters, and an entry of the change log for each of which a page shows something. */
export async function writeClusterStatuses(sql: Sql, writes: readonly ClusterStatusWrite[]): Promise<void> {
  const rows = writes.map((write) => ({
    ...write,
    hasFluxVersion: write.fluxVersion !== undefined,
    hasProblem: write.problem !== undefined,
    problem: write.problem ?? undefined,
    kinds: undefined,
  }));
  const kinds = writes.flatMap(({ clusterId, kinds }) => (kinds ?? []).map((kind) => ({ clusterId, ...kind })));
  const told = writes.filter(({ kinds }) => kinds !== undefined).map(({ clusterId }) => clusterId);
  await sql.begin(async (tx) => {
    await tx.unsafe(CLUSTERS, [storableJson(rows)]);
    if (told.length > 0) await tx`delete from cluster_kinds where cluster_id = any(${told}::uuid[])`;
    if (kinds.length > 0) await tx.unsafe(KINDS, [storableJson(kinds)]);
    await appendLog(
      tx,
      writes
        .filter(({ isShown }) => isShown)
        .map(({ clusterId }) => ({ subject: "cluster" as const, op: "upsert" as const, clusterId })),
    );
  });
}

/** Moves on the time at which what is stored of these clusters was what they have. Nobody is told: time goes by. */
export async function confirmClusters(
  sql: Sql,
  confirmed: readonly { clusterId: string; at: string }[],
): Promise<void> {
  if (confirmed.length === 0) return;
  await sql.unsafe(
    `update clusters c set confirmed_at = w.at
     from (
       select w.* from json_to_recordset($1::text::json) as w("clusterId" uuid, "at" timestamptz)
       join clusters locked on locked.id = w."clusterId" order by locked.id for update of locked
     ) w
     where c.id = w."clusterId"`,
    [storableJson(confirmed)],
  );
}
