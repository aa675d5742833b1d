import type { V1Call } from "../route.ts";

/** An object of any kind. `-` is the namespace of kinds without one; `?group=` tells kinds of the same name apart. */
export const OBJECT = "/clusters/:id/resources/:kind/:namespace/:name";

export function namedObject({ params, query }: V1Call) {
  const group = query.get("group");
  return {
    cluster: params["id"] ?? "",
    kind: params["kind"] ?? "",
    namespace: params["namespace"] === "-" ? "" : (params["namespace"] ?? ""),
    name: params["name"] ?? "",
    ...(group === null ? {} : { group }),
  };
}

export const POD = "/clusters/:id/pods/:namespace/:name";

export const namedPod = ({ params }: V1Call) => ({
  cluster: params["id"] ?? "",
  namespace: params["namespace"] ?? "",
  name: params["name"] ?? "",
});
