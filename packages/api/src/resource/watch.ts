import { ClusterKey, type LiveFrame, type ResourceChange, ResourceFilter } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import { stream } from "../operation.ts";
import { clusterIds } from "../query/cluster-ids.ts";
import { fromFilter } from "../query/from-filter.ts";
import { toFunction } from "../query/to-function.ts";
import { toSql } from "../query/to-sql.ts";
import { LegacyResource, type LegacySqlRow, legacyColumns, toLegacyResource } from "./legacy-resource.ts";
import { type ResourceSqlRow, resourcesOfClusters, rowColumns, toResourceRow } from "./resource-rows.ts";

/** Objects read with their documents at a time: what one reader holds in memory. */
const PIECE = 25;
const OUTSIDE_MAX = 10_000;

/**
 * As lists are filtered. Not by environment: which one a cluster has can change, and no object's change tells of that.
 */
const WatchFilter = ResourceFilter.omit({ environment: true }).extend({
  cluster: z.array(ClusterKey).max(50).optional(),
  not: ResourceFilter.omit({ environment: true, text: true }).optional(),
});

const Change = z.object({
  /** `leave`: the object is there and does not match the filter, or does not any more. */
  op: z.enum(["upsert", "leave", "delete"]),
  clusterId: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  /** As it is stored now, which may be newer than the change; null once it is deleted. */
  resource: LegacyResource.nullable(),
});
type Change = z.infer<typeof Change>;

const Frame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("changes"), changes: z.array(Change) }),
  /** A cluster is registered no longer, and none of its objects is there. */
  z.object({ type: z.literal("clusterRemoved"), clusterId: z.string() }),
  /** What happened cannot be told: lists are to be read again. */
  z.object({ type: z.literal("resync"), reason: z.string() }),
  /** Nothing to tell: the first frame, and what moves a quiet reader on. */
  z.object({ type: z.literal("alive") }),
]);
type Frame = z.infer<typeof Frame>;

/**
 * What changes among stored objects, with their documents, as it happens: what REST v1 watches. Every frame's id is a
 * cursor; a client that comes back with its last one misses nothing, on whichever process, or is told to read lists again.
 * Only the last frame of a stretch moves the cursor, so that one that breaks off within is told whole again.
 *
 * @throws DomainError CLUSTER_NOT_FOUND for a cluster of the filter that is not there
 */
export const watchResources = stream({
  name: "resource.watch",
  permission: "resource.read",
  // Each reads the documents it tells for itself.
  openMax: 500,
  scope: ({ cluster = [] }, ctx) =>
    cluster.length === 0 ? FLEET : Promise.all(cluster.map((one) => ctx.clusterScope(one))),
  input: WatchFilter.extend({
    /** Goes on after this cursor; what was never handed out gets `resync`. */
    lastEventId: z.string().nullish(),
    /** Without documents, which are most of what is read, `document` is `{}` and `message` is empty. */
    documents: z.boolean().default(true),
  }),
  output: Frame,
  invalid: { kind: "KIND_NOT_SUPPORTED" },
  async *run(ctx, { lastEventId, documents, ...filter }) {
    const idOf = await clusterIds(ctx.sql, filter);
    const asked: Asked = {
      matches: toFunction(fromFilter(filter, idOf)),
      clusters: filter.cluster?.length ? new Set(filter.cluster.map(idOf)) : undefined,
      documents,
      outside: new Set(),
    };
    let at = "";
    for await (const { id, frame } of ctx.hub.read(ctx, { topics: [{ topic: "query", filter }], lastEventId })) {
      for await (const { told, isLast } of toldOf(ctx, frame, asked)) {
        if (isLast || at === "") at = id;
        yield { id: at, frame: told };
      }
    }
  },
});

interface Asked {
  readonly matches: ReturnType<typeof toFunction>;
  /** Ids of the clusters asked for; undefined: all. */
  readonly clusters: ReadonlySet<string | undefined> | undefined;
  readonly documents: boolean;
  /**
   * Objects that were told not to match. The log does not say what labels, revision or message an object had, so that one which
   * never matched cannot be told from one that leaves: it is said of each once.
   */
  readonly outside: Set<string>;
}

/** A frame of the hub as frames of this stream; only the last of them may move the cursor. */
async function* toldOf(
  ctx: OperationContext,
  frame: LiveFrame,
  asked: Asked,
): AsyncGenerator<{ told: Frame; isLast: boolean }> {
  if (frame.type !== "changes") return yield { told: toFrame(frame, asked), isLast: true };
  for (let from = 0; from < frame.changes.length; from += PIECE) {
    const changes = await toChanges(ctx, frame.changes.slice(from, from + PIECE), asked);
    const told: Frame = changes.length === 0 ? { type: "alive" } : { type: "changes", changes };
    yield { told, isLast: from + PIECE >= frame.changes.length };
  }
}

function toFrame(frame: LiveFrame, { clusters }: Asked): Frame {
  if (frame.type === "refetch") return { type: "resync", reason: "Too much changed at once." };
  if (frame.type === "resync") return { type: "resync", reason: frame.reason };
  if (frame.type === "cluster" && frame.cluster === null && clusters?.has(frame.clusterId) !== false)
    return { type: "clusterRemoved", clusterId: frame.clusterId };
  return { type: "alive" };
}

async function toChanges(
  ctx: OperationContext,
  changes: readonly ResourceChange[],
  { matches, documents, outside }: Asked,
): Promise<Change[]> {
  const news = changes.filter(({ id, row }) => !outside.has(id) || (row !== null && matches(row) === true));
  const stored = await readStored(
    ctx,
    news.map(({ id }) => id),
    documents,
  );
  return news.flatMap(({ id, clusterId, kind, namespace, name, row }): Change[] => {
    const key = { clusterId, kind, namespace, name };
    if (row === null) return [{ op: "delete", ...key, resource: null }];
    const now = stored.get(id);
    // Gone again since: its end is told next.
    if (now === undefined) return [];
    const isInside = matches(toResourceRow(now)) === true;
    if (isInside) outside.delete(id);
    else remember(outside, id);
    return [{ op: isInside ? "upsert" : "leave", ...key, resource: toLegacyResource(now) }];
  });
}

/** What is forgotten is told once more. */
function remember(outside: Set<string>, id: string): void {
  if (outside.size >= OUTSIDE_MAX) outside.clear();
  outside.add(id);
}

type StoredRow = ResourceSqlRow & LegacySqlRow;

/** Objects by id, of those that may be seen. */
async function readStored(
  ctx: OperationContext,
  ids: readonly string[],
  documents: boolean,
): Promise<Map<string, StoredRow>> {
  if (ids.length === 0) return new Map();
  const { sql } = ctx;
  const visible = toSql(sql, await ctx.visible("resource.read"));
  const rows = await sql<StoredRow[]>`
    select ${rowColumns(sql)}, ${legacyColumns(sql, { documents })}
    from ${resourcesOfClusters(sql)} left join flux_objects o on o.resource_id = r.id
    where r.id = any(${[...ids]}::bigint[]) and ${visible}`;
  return new Map(rows.map((row) => [row.id, row]));
}
