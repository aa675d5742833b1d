import { pluralOf } from "./plural-of.ts";

export interface Named {
  clusterSlug: string;
  kind: string;
  namespace: string;
  name: string;
}

const part = encodeURIComponent;
/** The object's own page. */
export const objectHref = (object: Named): string =>
  `/clusters/${part(object.clusterSlug)}/${pluralOf(object.kind)}/${part(object.namespace)}/${part(object.name)}`;
export const clusterHref = (slug: string): string => `/clusters/${part(slug)}`;
/** The list with a query, as written in the query bar. */
export const queryHref = (query: string): string =>
  `/resources?q=${part(query).replaceAll("%20", "+").replaceAll("%3A", ":").replaceAll("%2C", ",")}`;
