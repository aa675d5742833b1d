import { FLUX_KINDS } from "@flux-orchestrator/flux";
import type { ServedKind } from "./discovery.ts";
import { KubeError } from "./kube-error.ts";
import type { Transport } from "./transport.ts";

const PARALLEL = 8;

/** What the credential may do, by feature of this product. */
export interface Right {
  feature: string;
  allowed: "yes" | "no" | "partly" | "unknown";
  /** Which kinds, when it is not all of them. */
  detail: string | null;
}

const FEATURES = [
  { feature: "See objects live", verbs: ["list", "watch"] },
  { feature: "Reconcile, suspend and resume", verbs: ["patch"] },
] as const;

/**
 * Asks the API server what the credential may do with the Flux kinds it serves and with Events, in every namespace.
 * @throws KubeError when it cannot be asked at all
 */
export async function reviewRights(transport: Transport, served: readonly ServedKind[]): Promise<Right[]> {
  const questions = FEATURES.flatMap(({ feature, verbs }) =>
    served.flatMap((kind) => verbs.map((verb) => ({ feature, kind, verb }))),
  );
  const answers = new Map<string, Map<string, boolean>>(FEATURES.map(({ feature }) => [feature, new Map()]));
  const waiting = [...questions];
  const ask = async () => {
    for (let question = waiting.shift(); question !== undefined; question = waiting.shift()) {
      const { feature, kind, verb } = question;
      const allowed = await mayDo(transport, { group: kind.group, resource: kind.plural, verb });
      const kinds = answers.get(feature)!;
      kinds.set(kind.kind, (kinds.get(kind.kind) ?? true) && allowed);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, waiting.length) }, ask));
  return [
    ...FEATURES.map(({ feature }) => summarise(feature, answers.get(feature)!)),
    { feature: "Keep the controllers' events", allowed: (await mayReadEvents(transport)) ? "yes" : "no", detail: null },
  ];
}

async function mayReadEvents(transport: Transport): Promise<boolean> {
  const ask = (verb: string) => mayDo(transport, { group: "", resource: "events", verb });
  return (await Promise.all(["list", "watch"].map(ask))).every(Boolean);
}

/** Asks one question about ourselves. Every authenticated user may. */
export async function mayDo(
  transport: Transport,
  attributes: { group: string; resource: string; verb: string; namespace?: string },
): Promise<boolean> {
  const review = await transport.json<{ status?: { allowed?: boolean } }>(
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: attributes },
      }),
    },
  );
  return review.status?.allowed === true;
}

function summarise(feature: string, kinds: Map<string, boolean>): Right {
  const order = FLUX_KINDS.map((row) => row.kind);
  const denied = [...kinds]
    .filter(([, allowed]) => !allowed)
    .map(([kind]) => kind)
    .sort((one, other) => order.indexOf(one) - order.indexOf(other));
  if (kinds.size === 0) return { feature, allowed: "unknown", detail: "The cluster serves no Flux kinds." };
  if (denied.length === 0) return { feature, allowed: "yes", detail: null };
  if (denied.length === kinds.size) return { feature, allowed: "no", detail: null };
  return { feature, allowed: "partly", detail: `Not for ${denied.join(", ")}.` };
}

/** Who the API server takes us for; null where it cannot tell (before 1.28). @throws KubeError CLUSTER_AUTH when it knows nobody */
export async function whoAmI(transport: Transport): Promise<string | null> {
  try {
    const review = await transport.json<{ status?: { userInfo?: { username?: string } } }>(
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }),
      },
    );
    return review.status?.userInfo?.username ?? null;
  } catch (error) {
    // Older servers do not know the question; an anonymous caller may not ask it.
    if (error instanceof KubeError && error.code === "OBJECT_NOT_FOUND") {
      await mayDo(transport, { group: "", resource: "namespaces", verb: "list" });
      return null;
    }
    throw error;
  }
}
