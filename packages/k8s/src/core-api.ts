import type { Configuration } from "@kubernetes/client-node";
import type { Transport } from "./transport.ts";

const BASE = "https://cluster";

/**
 * The generated classes of @kubernetes/client-node for core kinds, over our own transport. Loaded on first use: importing
 * them costs 200 ms and 55 MB.
 */
export async function coreApi(transport: Transport) {
  const kubernetes = await import("@kubernetes/client-node");
  const configuration: Configuration = kubernetes.createConfiguration({
    baseServer: new kubernetes.ServerConfiguration(BASE, {}),
    httpApi: kubernetes.wrapHttpLibrary({
      async send(request) {
        const body = request.getBody();
        const response = await transport.stream(request.getUrl().slice(BASE.length), {
          method: request.getHttpMethod() as "GET",
          headers: request.getHeaders(),
          ...(typeof body === "string" ? { body } : {}),
        });
        return new kubernetes.ResponseContext(response.status, Object.fromEntries(response.headers), {
          text: () => response.text(),
          binary: async () => Buffer.from(await response.arrayBuffer()),
        } as ConstructorParameters<typeof kubernetes.ResponseContext>[2]);
      },
    }),
  });
  return { core: new kubernetes.CoreV1Api(configuration), apps: new kubernetes.AppsV1Api(configuration) };
}
