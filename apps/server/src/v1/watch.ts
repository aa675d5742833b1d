import { watchResources } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import { listFilter, otherParameters } from "./list-filters.ts";
import type { InputOf, V1Call, V1Route } from "./route.ts";
import { LISTED } from "./shapes/kinds.ts";
import { fieldsOf, needDocuments } from "./shapes/resource-query.ts";
import { watchEvents } from "./shapes/watch-events.ts";
import { EVENT_HEADERS, textStream } from "./text-stream.ts";

/** For clients that can send no header; the header counts. */
const LAST_EVENT_ID = "last_event_id";
const OTHERS = [LAST_EVENT_ID, "fields"];

export const watchRoutes: readonly V1Route[] = [
  {
    method: "GET",
    path: "/api/v1/watch",
    async answer(call) {
      const fields = fieldsOf(call.query);
      const frames = call.open(watchResources, { ...inputOf(call), documents: needDocuments(fields) });
      // What can be refused is refused in words, before the stream begins.
      const first = await frames.next();
      if (call.request.method === "GET")
        return new Response(textStream(watchEvents(first, frames, fields), frames), { headers: EVENT_HEADERS });
      await frames.return(undefined);
      return new Response(null, { headers: EVENT_HEADERS });
    },
  },
];

/** Judged by the stream's own schema. A parameter that nobody knows would go on to watch more than was meant. */
function inputOf({ query, request }: V1Call): InputOf<typeof watchResources> {
  const [unknown] = otherParameters(query).filter((name) => !OTHERS.includes(name));
  if (unknown !== undefined)
    throw new DomainError("INPUT_INVALID", "A parameter is none of those that a watch knows.", {
      hint: "Use kind, readiness, namespace, cluster_id, label or revision (with - in front for what does not match), text and fields.",
    });
  const { kind = [...LISTED], ...filter } = listFilter(query);
  const lastEventId = request.headers.get("last-event-id") || query.get(LAST_EVENT_ID) || null;
  return { ...filter, kind, lastEventId };
}
