import { request as httpRequest, type IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { type Answered, HEADERS_MAX, type StreamRequest } from "./answered.ts";
import { settled } from "./settled.ts";

/** One request over a connection of its own, which ends with it. */
export async function requestOverHttp1(
  socket: TLSSocket,
  host: string,
  request: StreamRequest,
  onHeard: () => void,
): Promise<Answered> {
  const { method, path, headers, body, signal } = request;
  const outgoing = httpRequest({
    createConnection: () => socket,
    method,
    path,
    headers: { ...headers, host, connection: "close" },
    maxHeaderSize: HEADERS_MAX,
  });
  // What goes wrong once there is an answer is told to its reader.
  outgoing.on("error", () => {}).on("close", () => socket.destroy());
  outgoing.end(body);
  const [source] = await settled<[IncomingMessage]>(outgoing, "response", signal);
  source.on("error", () => {});
  const isWhole = () => source.complete;
  return { status: source.statusCode ?? 0, headers: source.headers, source, isWhole, onHeard };
}
