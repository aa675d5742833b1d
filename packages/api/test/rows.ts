import {
  appendLog,
  applyCountDeltas,
  type Database,
  deleteResources,
  lockRows,
  type ResourceWrite,
  type Transaction,
  writeDocuments,
} from "@flux-orchestrator/db";
import { keyOf, resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { doubtfulKinds, type FluxController, fluxKind, type Readiness, severityOf } from "@flux-orchestrator/flux";

/** A registered cluster that nothing watches, confirmed just now unless said otherwise. @returns its id */
export async function insertCluster(
  database: Database,
  said: { name?: string; environment?: string; stream?: string; server?: string; confirmedAt?: Date | null } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const name = said.name ?? `cluster-${id.slice(0, 8)}`;
  await database.sql`insert into clusters ${database.sql({
    id,
    slug: name,
    name,
    name_key: name,
    environment: said.environment ?? "",
    stream: said.stream ?? "live",
    confirmed_at: said.confirmedAt === undefined ? new Date() : said.confirmedAt,
    server: said.server ?? "https://127.0.0.1:1",
    credential_kind: "token",
  })}`;
  return id;
}

type Said = Partial<ResourceWrite> & Pick<ResourceWrite, "clusterId"> & { word?: Readiness };

/** Stores rows as a flush does: with counters and log entries derived from the rows before. @returns their ids, in order */
export async function storeRows(database: Database, said: readonly Said[], document = "{}"): Promise<string[]> {
  const rows = said.map((row) => {
    const { kind = "Kustomization", word = "Ready" } = row;
    return resourceRow({
      kind,
      group: fluxKind(kind)?.group ?? "",
      severity: severityOf(word, row.subState ?? null),
      ...row,
    });
  });
  const ids = await database.sql.begin(async (tx) => {
    const before = new Map((await lockRows(tx, rows.map(keyOf))).map((row) => [nameOf(row), row]));
    const written = await storeResources(tx, rows);
    await writeDocuments(
      tx,
      written.map((resourceId) => ({ resourceId, document })),
    );
    const changes = rows.map((row, index) => ({
      row,
      id: written[index]!,
      oldWord: before.get(nameOf(row))?.word ?? null,
    }));
    await tell(
      tx,
      changes.map((change) => ({ ...change, newWord: change.row.word })),
    );
    return written;
  });
  await nudge(database);
  return ids;
}

/** Takes rows away as a flush does. */
export async function dropRows(database: Database, ids: readonly string[]): Promise<void> {
  await database.sql.begin(async (tx) => {
    const rows = await tx<(ResourceWrite & { id: string })[]>`
      select id::text as id, cluster_id as "clusterId", "group", kind, namespace, name, word from flux_resources
      where id = any(${[...ids]}::bigint[])`;
    await deleteResources(tx, ids);
    await tell(
      tx,
      rows.map((row) => ({ row, id: row.id, oldWord: row.word, newWord: null })),
    );
  });
  await nudge(database);
}

/** Tells that a cluster's record changed, or that it went. */
export async function tellCluster(database: Database, clusterId: string, op: "upsert" | "delete" = "upsert") {
  await database.sql.begin((tx) => appendLog(tx, [{ subject: "cluster", op, clusterId }]));
  await nudge(database);
}

interface Change {
  row: ResourceWrite;
  id: string;
  oldWord: string | null;
  newWord: string | null;
}

async function tell(tx: Transaction, changes: readonly Change[]): Promise<void> {
  const moved = changes.filter(({ oldWord, newWord }) => oldWord !== newWord);
  await applyCountDeltas(
    tx,
    moved.flatMap(({ row: { clusterId, namespace, group, kind }, oldWord, newWord }) =>
      [
        { word: oldWord, delta: -1 },
        { word: newWord, delta: 1 },
      ].flatMap(({ word, delta }) => (word === null ? [] : [{ clusterId, namespace, group, kind, word, delta }])),
    ),
  );
  await appendLog(
    tx,
    changes.map(({ row: { clusterId, kind, namespace, name }, id, oldWord, newWord }) => ({
      subject: "resource",
      op: newWord === null ? "delete" : "upsert",
      clusterId,
      resourceId: id,
      kind,
      namespace,
      name,
      oldWord,
      newWord,
    })),
  );
}

/** What a flush does after its commit; the poll would find it within a second. */
const nudge = (database: Database) => database.sql.notify("flux_orchestrator_feed", "");

const nameOf = ({ clusterId, kind, namespace, name }: ResourceWrite | Parameters<typeof keyOf>[0]) =>
  [clusterId, kind, namespace, name].join("/");

/** A cluster's Flux controllers as its watcher stores them, available unless said otherwise, and tells of it. */
export async function insertControllers(
  database: Database,
  clusterId: string,
  said: readonly (Partial<FluxController> & Pick<FluxController, "name">)[],
): Promise<void> {
  const controllers = said.map((own) => ({
    namespace: "flux-system",
    controller: own.name,
    version: "v1.9.4",
    desired: own.state === "scaled-down" ? 0 : 1,
    available: (own.state ?? "available") === "available" ? 1 : 0,
    state: "available" as const,
    since: "2026-01-02T03:04:05Z",
    selector: null,
    onlyNamespace: null,
    ...own,
  }));
  const { sql } = database;
  const rows = controllers.map(({ onlyNamespace, ...row }) => ({
    cluster_id: clusterId,
    only_namespace: onlyNamespace,
    ...row,
  }));
  await sql`delete from cluster_controllers where cluster_id = ${clusterId}::uuid`;
  if (rows.length > 0) await sql`insert into cluster_controllers ${sql(rows)}`;
  await sql`
    update clusters set controllers_read = 'everywhere', controllers_changed_at = '2026-01-03T00:00:00Z',
      doubtful_kinds = ${doubtfulKinds(["Kustomization", "HelmRelease"], controllers)}
    where id = ${clusterId}::uuid`;
  await tellCluster(database, clusterId);
}
