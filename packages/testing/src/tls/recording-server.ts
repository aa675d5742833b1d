import type { ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { KeyPair } from "../kubernetes/certificates.ts";
import { Http1Reply, type ReceivedRequest, type RecordedRequest, type Reply, takeRequests } from "./http-exchange.ts";
import { speakHttp2 } from "./http2-exchange.ts";

export type Answer = (request: RecordedRequest, reply: Reply) => void | Promise<void>;

/** What a client showed before its first request. */
export interface RecordedConnection {
  /** The name it asked for (SNI); null when it asked for none. */
  serverName: string | null;
  /** Common name of its certificate, whoever signed it; null when it showed none. */
  clientName: string | null;
}

/** A TLS server on loopback that keeps everything it sees and answers as a test says. */
export interface RecordingServer extends AsyncDisposable {
  readonly port: number;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly connections: readonly RecordedConnection[];
  readonly requests: readonly RecordedRequest[];
  /** May be replaced at any time. */
  answer: Answer;
  /** Connections that are open now. */
  readonly open: number;
  /** Breaks off every open connection; new ones are accepted. */
  disconnect(): void;
  /** Takes no more requests on the HTTP/2 connections there are; their streams go on. */
  goAway(): void;
  stop(): Promise<void>;
}

/**
 * @param options.port one from `freePorts`, to come back on the same port; any without it
 * @param options.http2 speaks HTTP/2 with whoever offers it, and allows that many streams a connection
 */
export async function startRecordingServer(options: {
  identity: KeyPair;
  answer?: Answer;
  port?: number;
  http2?: { streamsMax: number };
}): Promise<RecordingServer> {
  const sockets = new Set<TLSSocket>();
  const connections: RecordedConnection[] = [];
  const requests: RecordedRequest[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const { http2 } = options;
  const protocols = http2 === undefined ? {} : { ALPNProtocols: ["h2", "http/1.1"] };
  const tls = { ...options.identity, ...protocols, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (socket) => {
    const connection = connections.length;
    const clientName = commonNameOf(socket);
    connections.push({ serverName: socket.servername || null, clientName });
    sockets.add(socket);
    // A client that goes away is nothing to complain about.
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    const receive = (request: ReceivedRequest, reply: Reply) => {
      const recorded = { ...request, connection, clientName };
      requests.push(recorded);
      void handle.answer(recorded, reply);
    };
    if (http2 !== undefined && socket.alpnProtocol === "h2") {
      void speakHttp2(socket, http2.streamsMax, receive).then((session) => {
        sessions.add(session.on("close", () => sessions.delete(session)));
      });
      return;
    }
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      const taken = takeRequests(Buffer.concat([received, bytes]));
      received = taken.rest;
      for (const request of taken.requests) receive(request, new Http1Reply(socket));
    });
  });
  server.on("tlsClientError", () => {});
  const port = await new Promise<number>((listening, fail) => {
    server.once("error", fail);
    server.listen(options.port ?? 0, "127.0.0.1", () => listening((server.address() as AddressInfo).port));
  });
  const disconnect = () => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async () => {
    const closed = new Promise((done) => server.close(done));
    disconnect();
    await closed;
  };
  const handle: RecordingServer = {
    port,
    url: `https://127.0.0.1:${port}`,
    connections,
    requests,
    answer: options.answer ?? ((_, reply) => reply.send(200, {})),
    get open() {
      return sockets.size;
    },
    disconnect,
    goAway() {
      for (const session of sessions) session.goaway();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return handle;
}

function commonNameOf(socket: TLSSocket): string | null {
  const subject = socket.getPeerCertificate()?.subject as { CN?: string } | undefined;
  return subject?.CN ?? null;
}
