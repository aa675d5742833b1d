import type { Json } from "../objects/json.ts";
import { SERVED_RESOURCES, type ServedResource } from "./served-resources.ts";

/** What the discovery of an API server answers, of the kinds that are there. */
export function discover(
  path: string,
  accept: string,
  absent: ReadonlySet<ServedResource>,
): { body: Json; contentType?: string } | undefined {
  const served = SERVED_RESOURCES.filter((resource) => !absent.has(resource));
  if (path === "/api") return { body: { kind: "APIVersions", versions: ["v1"] } };
  if (path === "/apis") {
    const asked = /g=apidiscovery\.k8s\.io;v=(v2(?:beta1)?);as=APIGroupDiscoveryList/.exec(accept)?.[1];
    if (asked === undefined) return { body: groupList(served) };
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${asked};as=APIGroupDiscoveryList`;
    return { body: aggregated(served, asked), contentType };
  }
  const [, group = "", version] = /^\/(?:apis\/([^/]+)|api)\/([^/]+)$/.exec(path) ?? [];
  const resources = served.filter((resource) => resource.group === group && resource.version === version);
  if (resources.length === 0) return undefined;
  const groupVersion = group === "" ? version : `${group}/${version}`;
  return {
    body: {
      ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion },
      resources: resources.flatMap(({ plural, kind, namespaced, verbs, subresources }) => [
        { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs },
        ...subresources.map((subresource) => ({
          ...{ name: `${plural}/${subresource}`, singularName: "", namespaced },
          ...{ kind: subresource === "scale" ? "Scale" : kind, verbs: verbsOf(subresource) },
        })),
      ]),
    },
  };
}

const verbsOf = (subresource: string): string[] => (subresource === "log" ? ["get"] : ["get", "patch", "update"]);

/** Versions of each group, the preferred one first. */
function groupsOf(served: readonly ServedResource[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, version } of served) {
    if (group === "") continue;
    const versions = groups.get(group) ?? [];
    groups.set(group, versions.includes(version) ? versions : [...versions, version].sort(byAge));
  }
  return groups;
}

/** As Kubernetes orders versions: general availability, beta, alpha, each newest first. */
function byAge(one: string, other: string): number {
  const rank = (version: string) => {
    const [, major, stage, minor] = /^v(\d+)(alpha|beta)?(\d+)?$/.exec(version) ?? [];
    return (stage === undefined ? 2 : stage === "beta" ? 1 : 0) * 10_000 + Number(major) * 100 + Number(minor ?? 0);
  };
  return rank(other) - rank(one);
}

function groupList(served: readonly ServedResource[]): Json {
  const groups = [...groupsOf(served)].map(([name, versions]) => {
    const each = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: each, preferredVersion: each[0] };
  });
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

function aggregated(served: readonly ServedResource[], version: string): Json {
  const items = [...groupsOf(served)].map(([group, versions]) => ({
    metadata: { name: group, creationTimestamp: null },
    versions: versions.map((one) => ({
      ...{ version: one, freshness: "Current" },
      resources: served
        .filter((resource) => resource.group === group && resource.version === one)
        .map(({ plural, kind, namespaced, verbs, subresources }) => ({
          ...{
            resource: plural,
            responseKind: { group, version: one, kind },
            singularResource: kind.toLowerCase(),
            verbs,
          },
          scope: namespaced ? "Namespaced" : "Cluster",
          subresources: subresources.map((subresource) => ({
            subresource,
            responseKind:
              subresource === "scale"
                ? { group: "autoscaling", version: "v1", kind: "Scale" }
                : { group, version: one, kind },
            verbs: verbsOf(subresource),
          })),
        })),
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}
