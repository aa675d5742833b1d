import type { Answer } from "@flux-orchestrator/testing";
import { errorOfResponse } from "../src/kube-error.ts";
import type { RequestOptions, Transport } from "../src/transport.ts";
import { startTlsWorld, type TlsWorld, type TlsWorldOptions } from "./tls-world.ts";

/** The ways a request takes: what is promised of one holds for all. */
export const WAYS = ["a call", "a stream over HTTP/2", "a stream over HTTP/1.1"] as const;
export type Way = (typeof WAYS)[number];

/** What a server has to speak for it. */
export const serverFor = (way: Way): TlsWorldOptions =>
  way === "a stream over HTTP/2" ? { http2: { streamsMax: 100 } } : {};

export const worldFor = (way: Way, answer?: Answer): Promise<TlsWorld> => startTlsWorld(answer, serverFor(way));

/** The JSON of an answer. @throws KubeError for every status but 2xx */
export async function ask(way: Way, transport: Transport, path: string, options: RequestOptions = {}): Promise<object> {
  if (way === "a call") return transport.json<object>(path, options);
  const response = await transport.stream(path, options);
  if (!response.ok) throw await errorOfResponse(response);
  return (await response.json()) as object;
}
