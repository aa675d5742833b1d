import type { Revision } from "../objects/revision.ts";
import type { Cluster } from "./cluster.ts";
import { readToken, writeToken } from "./pages.ts";
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
  const { version, revisions, list } = beginOrGoOn(cluster, resource, namespace, query);
  // From "whatever you have" a real one answers out of its cache, which knows no pages.
  const isPaged = query.get("resourceVersion") !== "0";
  const end = Math.min((isPaged && Number(query.get("limit") ?? 0)) || revisions.length, revisions.length);
  const items = revisions.slice(0, end).map((revision) => revision.text());
  const remainingItemCount = revisions.length - end;
  const last = revisions[end - 1];
  const more =
    remainingItemCount === 0 || last === undefined
      ? {}
      : {
          continue: writeToken({
            rv: version,
            start: last.object.design.key,
            list: list ?? cluster.openLists.keep(revisions),
          }),
          // With a selector nobody has counted the rest.
          ...(query.has("labelSelector") || query.has("fieldSelector") ? {} : { remainingItemCount }),
        };
  const metadata = JSON.stringify({ resourceVersion: String(version), ...more });
  return `{"apiVersion":"${apiVersionOf(resource)}","kind":"${resource.kind}List","metadata":${metadata},"items":[${items.join(",")}]}`;
}

/** What is still to be told, and at which version. */
function beginOrGoOn(
  { store, openLists }: Cluster,
  resource: ServedResource,
  namespace: string,
  query: URLSearchParams,
): { version: number; revisions: readonly Revision[]; list?: number } {
  const { version } = store;
  const given = query.get("resourceVersion") ?? "";
  const text = query.get("continue") ?? "";
  const now = () => {
    const selects = selectorOf(query, resource, namespace);
    return store
      .objects(resource, namespace)
      .map(({ latest }) => latest)
      .filter(selects);
  };
  if (text === "") {
    checkVersion(given, version);
    return { version, revisions: now() };
  }
  if (given !== "") throw badRequest("specifying resource version is not allowed when using continue");
  const token = readToken(text);
  if (token === null) throw badRequest("invalid continue token: continue key is not valid");
  const after = (revisions: readonly Revision[]) => revisions.filter(({ object }) => object.design.key > token.start);
  if (token.rv === -1) return { version, revisions: after(now()) };
  const kept = openLists.find(token.list);
  // As a real one does, it offers to go on with what there is now.
  if (kept === undefined) throw expired(EXPIRED, { continue: writeToken({ rv: -1, start: token.start, list: 0 }) });
  return { version: token.rv, revisions: after(kept), list: token.list };
}

/** @throws StatusError for a version that is none, or that will only be */
export function checkVersion(text: string, newest: number): void {
  if (!/^\d*$/.test(text)) throw badRequest(`invalid resource version: ${unparsable(text)}`);
  if (Number(text) > newest)
    throw new StatusError(504, "Timeout", `Timeout: Too large resource version: ${text}, current: ${newest}`, {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    });
}

export const unparsable = (text: string): string =>
  `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
