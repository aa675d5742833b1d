import {
  type Answer,
  type Authority,
  createAuthority,
  type RecordingServer,
  startRecordingServer,
} from "@flux-orchestrator/testing";
import type { ClusterTarget } from "../src/cluster-target.ts";
import { type EgressPolicy, LOCAL_EGRESS } from "../src/egress.ts";
import { createTransport, type Transport, type TransportOptions } from "../src/transport.ts";

/** A recording TLS server, the authority that vouches for it, and transports to it; all ended together. */
export interface TlsWorld extends AsyncDisposable {
  readonly authority: Authority;
  readonly server: RecordingServer;
  /** The server with its authority, and a token unless another credential is given. */
  target(fields?: Partial<ClusterTarget>): ClusterTarget;
  transport(fields?: Partial<ClusterTarget>, options?: Partial<TransportOptions>): Transport;
}

export interface TlsWorldOptions {
  /** Speaks HTTP/2 with whoever offers it, and allows that many streams a connection. */
  http2?: { streamsMax: number };
}

/** The server's certificate is for 127.0.0.1 and api.example. */
export async function startTlsWorld(answer?: Answer, options: TlsWorldOptions = {}): Promise<TlsWorld> {
  const authority = createAuthority();
  const identity = authority.issue({ commonName: "api", names: ["127.0.0.1", "api.example"] });
  const server = await startRecordingServer({ identity, ...options, ...(answer === undefined ? {} : { answer }) });
  const transports: Transport[] = [];
  const target: TlsWorld["target"] = (fields = {}) => {
    const anonymous = fields.cert === undefined && fields.basic === undefined && fields.exec === undefined;
    return { server: server.url, ca: authority.cert, ...(anonymous ? { token: "a-token" } : {}), ...fields };
  };
  return {
    authority,
    server,
    target,
    transport(fields, options) {
      const transport = createTransport(target(fields), { egress: LOCAL_EGRESS, ...options });
      transports.push(transport);
      return transport;
    },
    async [Symbol.asyncDispose]() {
      for (const transport of transports) transport.close();
      await server.stop();
    },
  };
}

/** A resolver that counts how often it is asked and answers the next list each time, the last one for ever. */
export function resolver(...lists: readonly (readonly string[])[]): { egress: EgressPolicy; asked: string[] } {
  const asked: string[] = [];
  const lookup = async (host: string) => {
    const list = lists[Math.min(asked.length, lists.length - 1)] ?? [];
    asked.push(host);
    return list.map((address) => ({ address }));
  };
  return { egress: { ...LOCAL_EGRESS, lookup }, asked };
}
