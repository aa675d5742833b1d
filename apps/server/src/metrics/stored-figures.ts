import type { Sql } from "@flux-orchestrator/db";
import { PREFIX } from "./registry.ts";

/** What only the database knows; the same in every process on it. */
export interface StoredFigures {
  clusters: readonly StoredCluster[];
  /** Jobs that have not ended. */
  jobs: { waiting: number; running: number };
  /** The last number given to the change log. */
  feedHead: number;
  /** Objects by cluster, kind and word, as the exposition has them: without the head, a line each. */
  resources: string;
}
export interface StoredCluster {
  id: string;
  slug: string;
  status: string;
  stream: string;
  /** Seconds since the epoch; null while its rows were never known to equal it. */
  confirmedAt: number | null;
  /** Seconds since the epoch; null for a credential that does not expire. */
  credentialExpiresAt: number | null;
}

export const RESOURCES = `${PREFIX}flux_resources_total`;

export async function readStoredFigures(sql: Sql): Promise<StoredFigures> {
  const [clusters, [rest], resources] = await Promise.all([
    sql<StoredCluster[]>`
      select id::text as id, slug, status, stream, extract(epoch from confirmed_at)::float8 as "confirmedAt",
        extract(epoch from credential_expires_at)::float8 as "credentialExpiresAt"
      from clusters where deleted_at is null`,
    sql<{ waiting: number; running: number; feedHead: number }[]>`
      select (select number::float8 from feed_head) as "feedHead",
        count(*) filter (where state = 'waiting')::int as waiting, count(*) filter (where state = 'running')::int as running
      from jobs where ended_at is null`,
    // The database writes the lines: tens of thousands of them, made here, would hold the event loop up.
    sql<{ lines: string }[]>`
      select string_agg(${`${RESOURCES}{cluster_id="`} || cluster_id || '",kind="' || kind || '",status="' || word || '"} ' || count, E'\n') as lines
      from (
        select cluster_id, kind, word, sum(count) as count from resource_counts
        where count > 0 and cluster_id in (select id from clusters where deleted_at is null) group by 1, 2, 3
      ) counts group by cluster_id`,
  ]);
  if (rest === undefined) throw new Error("an aggregate has no row");
  const { feedHead, ...jobs } = rest;
  return { clusters, jobs, feedHead, resources: resources.map(({ lines }) => `${lines}\n`).join("") };
}
