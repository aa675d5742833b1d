import { z } from "zod";
import { Cluster, ConfirmedAt } from "./cluster.ts";
import { Job } from "./job.ts";
import { ReconcileRun, ResourceFilter, ResourceRow } from "./resource.ts";

/** `<feed epoch>.<number>`: opaque to clients, handed back to resume. */
export const FeedCursor = z.string().regex(/^[0-9a-zA-Z-]{1,40}\.\d{1,19}$/);

/** What a subscriber wants to hear of. `query` tells of rows that match now or matched before. */
export const Topic = z.discriminatedUnion("topic", [
  z.strictObject({ topic: z.literal("summary") }),
  z.strictObject({ topic: z.literal("cluster"), cluster: z.string() }),
  z.strictObject({
    topic: z.literal("object"),
    cluster: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
  }),
  z.strictObject({
    topic: z.literal("query"),
    filter: ResourceFilter.extend({ not: ResourceFilter.omit({ text: true }).optional() }),
  }),
  /** The jobs the subscriber submitted, through whichever door. */
  z.strictObject({ topic: z.literal("jobs") }),
]);
export type Topic = z.infer<typeof Topic>;

export const WatchInput = z.strictObject({
  topics: z.array(Topic).min(1).max(20),
  /** Resume after this cursor; also sent by the browser as the last event id. */
  lastEventId: z.string().max(100).nullish(),
});

/** One change. `row` is null for a deleted object; `left` says it no longer matches the query it is told to. */
export const ResourceChange = z.object({
  op: z.enum(["upsert", "delete"]),
  id: z.string(),
  clusterId: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  row: ResourceRow.nullable(),
});
export type ResourceChange = z.infer<typeof ResourceChange>;

/** A frame of the stream; its SSE id is the cursor after it. Topics are indexes into the subscription's `topics`. */
export const LiveFrame = z.discriminatedUnion("type", [
  /** First frame: everything after `cursor` follows. */
  z.object({
    type: z.literal("hello"),
    cursor: z.string(),
    serverTime: z.iso.datetime(),
    confirmedAt: ConfirmedAt,
  }),
  z.object({ type: z.literal("changes"), topics: z.array(z.number().int()), changes: z.array(ResourceChange) }),
  /** A cluster's record, counts or stream state changed; `cluster` null: it was removed. */
  z.object({ type: z.literal("cluster"), clusterId: z.string(), cluster: Cluster.nullable() }),
  z.object({ type: z.literal("run"), run: ReconcileRun }),
  /** A job of the subscriber's own was submitted, went on or ended: told to those with the topic `jobs`. */
  z.object({ type: z.literal("job"), job: Job }),
  /** Too many changes at once: fetch the lists of these topics again. */
  z.object({ type: z.literal("refetch"), topics: z.array(z.number().int()) }),
  /** The gap cannot be replayed: everything shown must be fetched again. */
  z.object({ type: z.literal("resync"), reason: z.string() }),
  /** Changes are told so much later than they were stored, milliseconds: over a second, and 0 once they are on time again. */
  z.object({ type: z.literal("lag"), lagMs: z.number().int() }),
  /** Every 2 s without other frames, every 10 s with them; `lagMs` as in `lag`. */
  z.object({
    type: z.literal("ping"),
    serverTime: z.iso.datetime(),
    confirmedAt: ConfirmedAt,
    lagMs: z.number().int(),
  }),
]);
export type LiveFrame = z.infer<typeof LiveFrame>;
