import { KubeError } from "./kube-error.ts";
import type { Transport } from "./transport.ts";

/** The API server's version, as `v1.36.3`. @throws KubeError; NOT_KUBERNETES when the answer has none */
export async function kubernetesVersion(transport: Transport, signal?: AbortSignal): Promise<string> {
  const notKubernetes = (status: number, cause?: unknown) =>
    new KubeError("NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server.", { status, cause });
  let gitVersion: unknown;
  try {
    ({ gitVersion } = await transport.json<{ gitVersion?: unknown }>("/version", {
      timeoutMs: 10_000,
      ...(signal === undefined ? {} : { signal }),
    }));
  } catch (error) {
    // Every API server has this path.
    if (error instanceof KubeError && error.code === "OBJECT_NOT_FOUND") throw notKubernetes(404, error);
    throw error;
  }
  if (typeof gitVersion === "string" && /^v\d+\.\d+[\w.+-]{0,60}$/.test(gitVersion)) return gitVersion;
  throw notKubernetes(200);
}

const VERSION_LABEL = "app.kubernetes.io/version";

/**
 * Which Flux is installed, as `v2.9.5`: the label that every way of installing it puts on its CustomResourceDefinitions
 * and namespace. Null when neither says so or may be read.
 */
export async function fluxVersion(transport: Transport): Promise<string | null> {
  const places = [
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gitrepositories.source.toolkit.fluxcd.io",
    "/api/v1/namespaces/flux-system",
  ];
  for (const place of places) {
    try {
      const { metadata } = await transport.json<{ metadata?: { labels?: Record<string, unknown> } }>(place);
      const version = metadata?.labels?.[VERSION_LABEL];
      if (typeof version === "string" && /^v?\d+\.\d+[\w.+-]{0,60}$/.test(version))
        return version.startsWith("v") ? version : `v${version}`;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  }
  return null;
}
