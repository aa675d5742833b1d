import { mayDo, type Right } from "./access.ts";
import type { ServedKind } from "./discovery.ts";
import type { Transport } from "./transport.ts";

/** Every cluster has them. */
export const DEPLOYMENTS: ServedKind = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
  verbs: ["get", "list", "watch"],
};
/** Where Flux is installed unless somebody chose otherwise. */
export const FLUX_NAMESPACE = "flux-system";

/** Where the credential may list and watch Deployments: in every namespace, in Flux's own, or nowhere. */
export type DeploymentScope = "everywhere" | "namespace" | "forbidden";

/** Asks the API server. @throws KubeError when it cannot be asked */
export async function deploymentScope(transport: Transport): Promise<DeploymentScope> {
  const may = async (namespace?: string) => {
    const verbs = ["list", "watch"].map((verb) =>
      mayDo(transport, {
        group: DEPLOYMENTS.group,
        resource: DEPLOYMENTS.plural,
        verb,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    );
    return (await Promise.all(verbs)).every((allowed) => allowed);
  };
  if (await may()) return "everywhere";
  return (await may(FLUX_NAMESPACE)) ? "namespace" : "forbidden";
}

/** What that scope lets this product do, as a feature beside those of `reviewRights`. */
export function controllerRight(scope: DeploymentScope): Right {
  const feature = "See whether the Flux controllers run";
  if (scope === "everywhere") return { feature, allowed: "yes", detail: null };
  if (scope === "namespace") return { feature, allowed: "partly", detail: `In the namespace ${FLUX_NAMESPACE} only.` };
  return { feature, allowed: "no", detail: "Whether anybody reconciles the objects is not known." };
}
