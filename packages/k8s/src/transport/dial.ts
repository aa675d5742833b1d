import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { hostOf } from "../egress.ts";
import { KubeError } from "../kube-error.ts";
import type { TlsIdentity } from "./identity.ts";
import { settled, socketError } from "./settled.ts";

/** How HTTP may be spoken, as TLS negotiates it (ALPN). */
export type Protocol = "h2" | "http/1.1";

/** Milliseconds of silence after which the kernel asks whether the other side is there. */
const KEEP_ALIVE_MS = 30_000;
/** Bytes of a proxy's answer to CONNECT. */
const HEAD_MAX = 16 * 1024;

export interface DialOptions {
  server: string;
  /** Of the server, or of the proxy if there is one: the one that is connected to. */
  address: string;
  proxy: string | undefined;
  tls: TlsIdentity;
  /** Whom the server's certificate has to be for. */
  serverName: string;
  protocols: readonly Protocol[];
  signal: AbortSignal;
}

/** A TLS connection to an API server, which has proven its name, directly or through a CONNECT proxy. */
export async function dial(options: DialOptions): Promise<{ socket: TLSSocket; protocol: Protocol }> {
  const { server, address, proxy, tls, serverName, protocols, signal } = options;
  const over = proxy === undefined ? addressOf(server, address) : { socket: await openTunnel(proxy, options) };
  const socket = await secure({ ...over, ...tls, ALPNProtocols: [...protocols] }, serverName, signal);
  // From here on its errors are told to whoever uses it.
  socket.on("error", () => {});
  // A server without ALPN speaks what there was before it.
  const protocol = socket.alpnProtocol === "h2" ? "h2" : "http/1.1";
  if (protocols.includes(protocol)) return { socket, protocol };
  socket.destroy();
  throw new KubeError("CLUSTER_TLS", "The API server speaks none of the protocols asked for.", { reason: "ALPN" });
}

/** A tunnel to the server. The proxy learns the server's name and nothing else of us. */
async function openTunnel(proxy: string, { server, address, tls, signal }: DialOptions): Promise<Socket> {
  // The same authority vouches for a TLS proxy, as kubectl has it.
  const { cert: _, key: __, ...authority } = tls;
  const socket = proxy.startsWith("https:")
    ? await secure({ ...addressOf(proxy, address), ...authority }, hostOf(proxy), signal)
    : connectTcp(addressOf(proxy, address));
  if (socket.connecting) await settled(socket, "connect", signal);
  const { host, port } = addressOf(server, new URL(server).hostname);
  socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    await settled(socket, "readable", signal);
    head += ((socket.read() as Buffer | null) ?? "").toString("latin1");
    if (head.length > HEAD_MAX) break;
  }
  if (/^HTTP\/1\.[01] 2\d\d /.test(head) && head.endsWith("\r\n\r\n")) return socket;
  socket.destroy();
  throw socketError("ProxyRefused");
}

/** Resolves when TLS is up and the certificate was believed. */
async function secure(options: ConnectionOptions, name: string, signal: AbortSignal): Promise<TLSSocket> {
  const socket = connectTls({
    ...options,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // Said explicitly: which name has to be proven depends neither on the address nor on the socket underneath.
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  });
  await settled(socket, "secureConnect", signal);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function addressOf(url: string, host: string): { host: string; port: number } {
  const { port, protocol } = new URL(url);
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
