import { FLUX_KINDS } from "@flux-orchestrator/flux";
import { preferred, readGroups } from "./api-resources.ts";
import type { Transport } from "./transport.ts";

/** How a cluster serves a kind. */
export interface ServedKind {
  group: string;
  /** The version the cluster prefers among those that have the kind. */
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
}

const WANTED = new Map(FLUX_KINDS.map((row) => [`${row.plural}.${row.group}`, row]));
const GROUPS = new Set(FLUX_KINDS.map((row) => row.group));

/**
 * Which Flux kinds a cluster serves, each at the version it prefers. One request from Kubernetes 1.27 on, one more for
 * each Flux group version on older servers. A kind that cannot be watched is left out.
 *
 * @throws KubeError; NOT_KUBERNETES when the answer is none
 */
export async function discoverFlux(transport: Transport): Promise<ServedKind[]> {
  const served = await readGroups(transport, "/apis", GROUPS);
  return preferred(
    served.filter(
      ({ plural, group, kind, verbs }) =>
        WANTED.get(`${plural}.${group}`)?.kind === kind && verbs.includes("list") && verbs.includes("watch"),
    ),
  ).map(({ subresources: _, ...kind }) => kind);
}

/** What of a kind's collection is read; all of it unless said. */
export interface CollectionPart {
  namespace?: string;
  /** As the API server takes it: `app.kubernetes.io/part-of=flux`. */
  labelSelector?: string;
  /** `source=kustomize-controller`. */
  fieldSelector?: string;
}

/** The path of a kind's collection, or of one object of it. */
export function pathOf(
  served: Pick<ServedKind, "group" | "version" | "plural" | "namespaced">,
  at: { namespace?: string; name?: string } = {},
): string {
  const base = served.group === "" ? `/api/${served.version}` : `/apis/${served.group}/${served.version}`;
  const namespace =
    served.namespaced && at.namespace !== undefined && at.namespace !== ""
      ? `/namespaces/${encodeURIComponent(at.namespace)}`
      : "";
  return `${base}${namespace}/${served.plural}${at.name === undefined ? "" : `/${encodeURIComponent(at.name)}`}`;
}

/** As objects of the kind name it: `apps/v1`, `v1`. */
export const apiVersionOf = ({ group, version }: Pick<ServedKind, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`;
