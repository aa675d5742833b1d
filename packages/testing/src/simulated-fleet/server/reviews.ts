import { type Json, recordOf } from "../objects/json.ts";
import type { Cluster, Identity } from "./cluster.ts";
import { resourceName, SERVED_RESOURCES } from "./served-resources.ts";

const AUTHENTICATED = ["system:authenticated"];

/** What the caller may ask about itself; undefined for any other path. */
export function review(path: string, body: Json, identity: Identity, cluster: Cluster): Json | undefined {
  const spec = recordOf(body["spec"]);
  const of = (status: Json): Json => ({ ...body, metadata: {}, status });
  switch (path) {
    case "/apis/authentication.k8s.io/v1/selfsubjectreviews":
      return of({ userInfo: { username: identity.user, groups: AUTHENTICATED } });
    case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": {
      const { group = "", resource } = recordOf(spec["resourceAttributes"]);
      const asked = SERVED_RESOURCES.find((one) => one.group === group && one.plural === resource);
      const forbidden = asked !== undefined && isForbidden(cluster, asked.kind);
      return of({ allowed: identity.mayAll && !forbidden, ...(identity.mayAll && !forbidden ? {} : { reason: "" }) });
    }
    case "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": {
      const rules = SERVED_RESOURCES.filter(({ kind }) => identity.mayAll && !isForbidden(cluster, kind)).map(
        (one) => ({
          ...{ verbs: one.verbs, apiGroups: [one.group], resources: [resourceName(one).split(".")[0]] },
        }),
      );
      return of({ incomplete: false, resourceRules: rules, nonResourceRules: [] });
    }
    default:
      return undefined;
  }
}

export const isForbidden = ({ faults }: Cluster, kind: string): boolean =>
  faults.settings.forbidden?.includes(kind) === true;
