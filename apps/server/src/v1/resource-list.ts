import { type LegacyResource, listStoredResources } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import { entityTag, hasSeen } from "./entity-tag.ts";
import { joinedBytes } from "./joined-bytes.ts";
import { jsonAnswer, V1_HEADERS, V1_JSON_HEADERS, v1Json } from "./json-answer.ts";
import { limitOf, nextPageHeaders } from "./list-limit.ts";
import { pagesFrom } from "./pages.ts";
import type { InputOf, OutputOf, V1Call, V1Route } from "./route.ts";
import { toV1Resource } from "./shapes/resource.ts";
import { fieldsOf, needDocuments, resourceQueryOf, withFields } from "./shapes/resource-query.ts";
import { textStream } from "./text-stream.ts";

type Query = InputOf<typeof listStoredResources>;
type Page = OutputOf<typeof listStoredResources>;

/** Rows fetched at a time for a full list: what is held in memory, twice, however long the list is. */
const PAGE = 100;

/**
 * A list of stored objects: all of it as it is read, or one page and the way to the next when `limit` is given. A client
 * that brings the tag of what it has gets 304 while nothing has changed.
 */
export function resourceList(path: `/${string}`, scope: (call: V1Call) => { of?: string }): V1Route {
  return {
    method: "GET",
    path: `/api/v1${path}`,
    async answer(call) {
      const fields = fieldsOf(call.query);
      const toJson = (resource: LegacyResource) => withFields(toV1Resource(resource), fields);
      const query: Query = { ...scope(call), ...resourceQueryOf(call.query), documents: needDocuments(fields) };
      const cursor = call.query.get("cursor");
      if (cursor !== null) query.cursor = cursor;
      // Before the rows: of rights that change meanwhile, the tag has to be the older ones'.
      const rights = await call.rights();
      const tagOf = (page: Page): string => entityTag(page.cursor, call.request, rights);
      if (call.request.headers.has("if-none-match")) {
        const tag = tagOf(await readPage(call, { ...query, limit: 1 }));
        if (hasSeen(call.request, tag))
          return new Response(null, { status: 304, headers: { ...V1_HEADERS, ETag: tag } });
      }
      const limit = limitOf(call.query);
      const first = await readPage(call, { ...query, limit: limit ?? PAGE });
      const headers = { ...V1_JSON_HEADERS, ETag: tagOf(first) };
      if (limit === undefined) {
        const rest = (cursor: string) => readPage(call, { ...query, cursor, limit: PAGE });
        return new Response(textStream(wholeList(pagesFrom(first, rest), toJson)), { headers });
      }
      return jsonAnswer(first.resources.map(toJson), {
        headers: { ...headers, ...nextPageHeaders(call.request, first.next) },
      });
    },
  };
}

/** REST v1 answers an empty list for a cluster that it does not know. */
const readPage = (call: V1Call, query: Query): Promise<Page> =>
  call.perform(listStoredResources, query).catch((error: unknown) => {
    if (error instanceof DomainError && error.code === "CLUSTER_NOT_FOUND")
      return { resources: [], next: null, cursor: "0.0" };
    throw error;
  });

/** The array, a page at a time. */
async function* wholeList(
  pages: AsyncGenerator<Page>,
  toJson: (resource: LegacyResource) => object,
): AsyncGenerator<string | Uint8Array> {
  let before = "[";
  for await (const { resources } of pages) {
    if (resources.length === 0) continue;
    const parts = [before];
    for (const resource of resources) parts.push(v1Json(toJson(resource)), ",");
    parts.pop();
    yield joinedBytes(parts);
    before = ",";
  }
  yield before === "[" ? "[]\n" : "]\n";
}
