import type { watchResources } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import { v1ErrorAnswer } from "../../http/error-body.ts";
import { inV1Words } from "../field-names.ts";
import { v1Json } from "../json-answer.ts";
import type { Told } from "../route.ts";
import { toV1Resource } from "./resource.ts";
import { withFields } from "./resource-query.ts";

type Frame = (typeof watchResources)["output"]["_zod"]["output"];
type Fields = Parameters<typeof withFields>[1];
type Change = Extract<Frame, { type: "changes" }>["changes"][number];

/** Milliseconds after which a client that lost its stream is to come back. */
const RETRY_MS = 2_000;
const READ_ANEW = "Read the list again: GET /api/v1/resources with the same filter. This stream goes on from here.";

/**
 * What a watch tells, as server-sent events: `change`, `cluster` for one that was removed, `resync`, and `end` with the
 * failure that ended it. A block without data moves the cursor, and keeps the connection open. Of the changes of one frame
 * only the last has an id: whoever loses them in between is told all of them again.
 *
 * @param fields those that objects are told with; undefined: all
 */
export async function* watchEvents(
  first: IteratorResult<{ id: string; frame: Frame }>,
  frames: Told<Frame>,
  fields: Fields,
): AsyncGenerator<string, void> {
  try {
    yield `retry: ${RETRY_MS}\n`;
    for (let next = first; next.done !== true; next = await frames.next()) yield eventsOf(next.value, fields);
  } catch (error) {
    // Whatever a stream throws is one: the status is sent already, so that it is told as an event.
    if (error instanceof DomainError) yield event("end", v1ErrorAnswer(inV1Words(error)).body);
    else throw error;
  } finally {
    await frames.return(undefined);
  }
}

function eventsOf({ id, frame }: { id: string; frame: Frame }, fields: Fields): string {
  switch (frame.type) {
    case "changes": {
      const events = frame.changes.map((change) => event("change", toV1Change(change, fields)));
      return events.map((text, at) => (at === events.length - 1 ? `id: ${id}\n${text}` : text)).join("");
    }
    case "clusterRemoved":
      return `id: ${id}\n${event("cluster", { op: "delete", cluster_id: frame.clusterId })}`;
    case "resync":
      return `id: ${id}\n${event("resync", { reason: frame.reason, hint: READ_ANEW })}`;
    case "alive":
      return `: watching\nid: ${id}\n\n`;
  }
}

const event = (name: string, value: unknown): string => `event: ${name}\ndata: ${v1Json(value)}\n\n`;

const toV1Change = ({ op, clusterId, kind, namespace, name, resource }: Change, fields: Fields) => ({
  op,
  id: [clusterId, kind, namespace, name].join("/"),
  cluster_id: clusterId,
  kind,
  namespace,
  name,
  object: resource === null ? null : withFields(toV1Resource(resource), fields),
});
