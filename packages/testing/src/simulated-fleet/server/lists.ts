import type { Cluster } from "./cluster.ts";
import { selectorOf } from "./selectors.ts";
import { apiVersionOf, type ServedResource } from "./served-resources.ts";
import { badRequest, expired, StatusError } from "./status.ts";

const EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** One page of a list as JSON text. @throws StatusError 410 for a page that is gone */
export function listPage(
  cluster: Cluster,
  resource: ServedResource,
  namespace: string,
  query: URLSearchParams,
): string {
  const { store, snapshots } = cluster;
  const limit = Number(query.get("limit") ?? 0) || Number.POSITIVE_INFINITY;
  const token = query.get("continue") ?? "";
  const pages = token === "" ? firstPage() : laterPage();
  const end = Math.min(pages.start + limit, pages.revisions.length);
  const items = pages.revisions.slice(pages.start, end).map((revision) => revision.text());
  const remaining = pages.revisions.length - end;
  const metadata = {
    resourceVersion: String(pages.version),
    ...(remaining > 0 ? { continue: pages.next(end), remainingItemCount: remaining } : {}),
  };
  return `{"apiVersion":"${apiVersionOf(resource)}","kind":"${resource.kind}List","metadata":${JSON.stringify(metadata)},"items":[${items.join(",")}]}`;

  function firstPage() {
    checkVersion(query.get("resourceVersion") ?? "", store.version);
    const selects = selectorOf(query, resource, namespace);
    const revisions = store
      .objects(resource)
      .map(({ latest }) => latest)
      .filter(selects);
    const { version } = store;
    return { version, revisions, start: 0, next: (start: number) => snapshots.keep(version, revisions, start) };
  }

  function laterPage() {
    if ((query.get("resourceVersion") ?? "") !== "")
      throw badRequest("specifying resource version is not allowed when using continue");
    const rest = snapshots.resume(token);
    if (rest === null) throw badRequest("continue key is not valid");
    if (rest !== undefined) return rest;
    // As a real one does, it offers to go on with what there is now.
    const revisions = store.objects(resource).map(({ latest }) => latest);
    throw expired(EXPIRED, { continue: snapshots.keep(store.version, revisions, 0) });
  }
}

/** @throws StatusError for a version that is none, or that will only be */
export function checkVersion(text: string, newest: number): void {
  if (text !== "" && !/^\d+$/.test(text))
    throw new StatusError(
      400,
      "BadRequest",
      `Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  if (Number(text) > newest)
    throw new StatusError(504, "Timeout", `Too large resource version: ${text}, current: ${newest}`, {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    });
}
