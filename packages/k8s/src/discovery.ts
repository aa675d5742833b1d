import { FLUX_KINDS, isRecord, type Json, listOf, recordOf, textOf } from "@flux-orchestrator/flux";
import { KubeError } from "./kube-error.ts";
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

const ACCEPT = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");
/** It becomes part of paths. */
const VERSION = /^v\d{1,3}((alpha|beta)\d{1,3})?$/;
const WANTED = new Map(FLUX_KINDS.map((row) => [`${row.plural}.${row.group}`, row]));

/**
 * Which Flux kinds a cluster serves, each at the version it prefers. One request from Kubernetes 1.27 on, one more for
 * each Flux group version on older servers. A kind that cannot be watched is left out.
 *
 * @throws KubeError; NOT_KUBERNETES when the answer is none
 */
export async function discoverFlux(transport: Transport): Promise<ServedKind[]> {
  const document = await transport.json<Json>("/apis", { headers: { accept: ACCEPT } });
  const served =
    document.kind === "APIGroupDiscoveryList"
      ? fromAggregated(document)
      : document.kind === "APIGroupList"
        ? await fromGroups(transport, document)
        : null;
  if (served === null)
    throw new KubeError("NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server.", {
      status: 200,
    });
  const first = new Map<string, ServedKind>();
  // Versions come in the cluster's order of preference.
  for (const kind of served) {
    const name = `${kind.plural}.${kind.group}`;
    if (
      WANTED.get(name)?.kind === kind.kind &&
      kind.verbs.includes("list") &&
      kind.verbs.includes("watch") &&
      VERSION.test(kind.version) &&
      !first.has(name)
    )
      first.set(name, kind);
  }
  return [...first.values()];
}

const GROUPS = new Set(FLUX_KINDS.map((row) => row.group));

function fromAggregated(document: Json): ServedKind[] {
  return recordsOf(document.items)
    .map((item) => ({ group: textOf(recordOf(item.metadata).name) ?? "", versions: recordsOf(item.versions) }))
    .filter(({ group }) => GROUPS.has(group))
    .flatMap(({ group, versions }) =>
      versions.flatMap(({ version, resources }) =>
        recordsOf(resources).map(({ resource, scope, responseKind, verbs }) => ({
          group,
          version: textOf(version) ?? "",
          plural: textOf(resource) ?? "",
          kind: textOf(recordOf(responseKind).kind) ?? "",
          namespaced: scope !== "Cluster",
          verbs: listOf(verbs).map(String),
        })),
      ),
    );
}

async function fromGroups(transport: Transport, document: Json): Promise<ServedKind[]> {
  const wanted = recordsOf(document.groups)
    .map((group) => ({ group: textOf(group.name) ?? "", versions: recordsOf(group.versions) }))
    .filter(({ group }) => GROUPS.has(group))
    .flatMap(({ group, versions }) => versions.map(({ version }) => ({ group, version: textOf(version) ?? "" })));
  const lists = await Promise.all(
    wanted.map(async ({ group, version }) => {
      const { resources } = await transport.json<Json>(`/apis/${group}/${encodeURIComponent(version)}`);
      // Subresources have a slash in their names and cannot be asked for here.
      return recordsOf(resources).map(({ name, kind, namespaced, verbs }) => ({
        group,
        version,
        plural: textOf(name) ?? "",
        kind: textOf(kind) ?? "",
        namespaced: namespaced !== false,
        verbs: listOf(verbs).map(String),
      }));
    }),
  );
  return lists.flat();
}

/** What an API server sends is believed to be of a form only where it is looked at. */
const recordsOf = (value: unknown): Json[] => listOf(value).filter(isRecord);

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
