import type { Sql } from "@flux-orchestrator/db";
import { fluxKind, kindsOfController, type Readiness, SEVERITY } from "@flux-orchestrator/flux";

/** Rows of a fleet nobody watches. */
export interface GeneratedFleet {
  readonly url: string;
  readonly clusters: number;
  readonly perCluster: number;
}

/** Of 1,000 objects, how many are of a kind, and how many have a word: most of a fleet is well. */
const KINDS = { Kustomization: 350, HelmRelease: 350, GitRepository: 120, HelmRepository: 100, OCIRepository: 80 };
const WORDS: Partial<Record<Readiness, number>> = {
  Ready: 930,
  Failed: 15,
  Stalled: 5,
  Retrying: 5,
  Blocked: 5,
  Progressing: 15,
  Suspended: 20,
  Drifted: 5,
};
const APPLICATIONS = [
  ...["podinfo", "payments", "checkout", "catalogue", "inventory", "shipping", "invoicing", "identity", "sessions"],
  ...["gateway", "ingress-nginx", "cert-manager", "external-dns", "prometheus", "grafana", "loki", "tempo", "mimir"],
  ...["redis", "postgres", "kafka", "nats", "minio", "vault", "keycloak", "argo", "velero", "cilium", "istio"],
  ...["search", "recommendations", "notifications", "reports", "exports", "imports", "scheduler", "billing", "crm"],
];
const COMPONENTS = ["api", "web", "worker", "jobs", "cache", "proxy", "config", "policies"];
const NAMESPACES = 20;
/** Kinds that are served, as a usual installation does, without their controller and without objects. */
export const WITHOUT_CONTROLLER: readonly string[] = kindsOfController("image-reflector-controller");
const CONTROLLERS = ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];

/** Which application a name begins with, so that searches find a known part. */
export const SEARCHED = APPLICATIONS;

/**
 * Fills a migrated database with narrow rows, counters and clusters. The same size gives the same objects; those of a cluster
 * lie together, as a first list leaves them. Indexes are
 * made afterwards: it takes a third of the time.
 */
export async function generateFleet(
  sql: Sql,
  { clusters, perCluster }: { clusters: number; perCluster: number },
): Promise<void> {
  await sql`set synchronous_commit = off`;
  await sql`set maintenance_work_mem = '1GB'`;
  await sql`
    insert into clusters (id, slug, name, name_key, environment, server, credential_kind, status, stream, confirmed_at, last_seen_at)
    select overlay(overlay(md5('cluster ' || n) placing '4' from 13) placing 'a' from 17)::uuid, 'cluster-' || n, 'cluster-' || n, 'cluster-' || n,
      (array['production', 'staging', 'development'])[1 + n % 3], 'https://cluster-' || n || '.example.com', 'token', 'healthy',
      'live', now(), now()
    from generate_series(1, ${clusters}) as n`;
  await sql`
    insert into cluster_controllers (cluster_id, namespace, name, controller, version, desired, available, state, since)
    select id, 'flux-system', controller, controller, 'v1.9.4', 1, 1, 'available', now()
    from clusters, unnest(${CONTROLLERS}::text[]) as controller`;
  await sql`update clusters set doubtful_kinds = ${[...WITHOUT_CONTROLLER]}, controllers_changed_at = now()`;
  // Their names are added below, in one piece.
  await sql`alter table flux_resources disable trigger flux_resources_names`;
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename = 'flux_resources' and indexname <> 'flux_resources_pkey'`;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  await sql`
    insert into flux_resources (cluster_id, "group", kind, namespace, name, uid, api_version, resource_version, generation,
      observed_generation, word, severity, since, settle_memory, ready_status, reason, message, revision, attempted_revision,
      inventory_count, interval_seconds, labels, fingerprint, flap_fingerprint, created_at, changed_at, updated_at)
    select cluster_id, k."group", k.kind, 'team-' || (n % ${NAMESPACES}), application || '-' || component || '-' || n,
      md5(spread::text)::uuid::text, k."group" || '/v1', spread::text, 1, 1, w.word, w.severity::smallint, at, '{}',
      case when w.word = 'Ready' then 'True' else 'False' end, 'ReconciliationSucceeded',
      'Applied revision: main@sha1:' || md5(spread::text), 'main@sha1:' || md5(spread::text), 'main@sha1:' || md5(spread::text),
      n % 30, 600, jsonb_build_object('app.kubernetes.io/name', application), md5('fingerprint ' || spread), md5('flap ' || spread),
      at, at, at
    from (
      select overlay(overlay(md5('cluster ' || c) placing '4' from 13) placing 'a' from 17)::uuid as cluster_id, n, c * 100000 + n as spread,
        (hashint4(c * 100000 + n) & 2147483647) % 1000 as roll, (hashint4(c * 100000 + n + 1) & 2147483647) % 1000 as other_roll,
        (${APPLICATIONS}::text[])[1 + (n * 31 + c) % ${APPLICATIONS.length}] as application,
        (${COMPONENTS}::text[])[1 + (n / 7) % ${COMPONENTS.length}] as component,
        now() - ((c * 919 + n * 31) % 2592000) * interval '1 second' as at
      from generate_series(1, ${clusters}) as c, generate_series(1, ${perCluster}) as n
    ) as o
    join (${shares(sql, KINDS, (kind) => fluxKind(kind)!.group)}) as k(kind, "from", upto, "group")
      on roll >= k."from" and roll < k.upto
    join (${shares(sql, WORDS, (word) => String(SEVERITY[word as Readiness]))}) as w(word, "from", upto, severity)
      on other_roll >= w."from" and other_roll < w.upto
    order by cluster_id, n`;
  for (const { definition } of indexes) await sql.unsafe(definition);
  await sql`insert into resource_names (namespace, name) select distinct namespace, name from flux_resources order by 1, 2`;
  await sql`alter table flux_resources enable trigger flux_resources_names`;
  await sql`
    insert into resource_counts (cluster_id, namespace, "group", kind, word, count)
    select cluster_id, namespace, "group", kind, word, count(*)::int from flux_resources group by 1, 2, 3, 4, 5`;
  await sql`
    insert into cluster_kind_counts (cluster_id, kind, word, count)
    select cluster_id, kind, word, sum(count)::int from resource_counts group by 1, 2, 3`;
  await sql`
    insert into label_sets (hash, labels)
    select distinct on (1) hashtextextended(labels::text, 0), labels from flux_resources order by 1 on conflict do nothing`;
  await sql`
    insert into cluster_counts (cluster_id, word, count)
    select cluster_id, word, sum(count)::int from resource_counts group by 1, 2`;
  await sql`vacuum (analyze)`;
  await sql`checkpoint`;
}

/** Values with their share as rows `(value, from, upto, fact)`, the shares one after the other. */
function shares(sql: Sql, parts: Record<string, number>, factOf: (value: string) => string) {
  const values = Object.keys(parts);
  const uptos = values.map((_, at) =>
    Object.values(parts)
      .slice(0, at + 1)
      .reduce((sum, share) => sum + share, 0),
  );
  return sql`
    select * from unnest(${values}::text[], ${[0, ...uptos].slice(0, -1)}::int[], ${uptos}::int[], ${values.map(factOf)}::text[])`;
}
