import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { KeyPair } from "../kubernetes/certificates.ts";

/** A CONNECT proxy on loopback that notes whom it was asked for and how much it carried. */
export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or `https://localhost:PORT` with an identity. */
  readonly url: string;
  /** `host:port` of each CONNECT. */
  readonly targets: readonly string[];
  /** Everything that came before a tunnel was open, as text: a proxy must not learn a credential. */
  readonly heads: readonly string[];
  /** Bytes carried to the other side. */
  readonly carried: number;
  /** Carries nothing any more and closes nothing: what a cable does that is pulled out. */
  goSilent(): void;
  stop(): Promise<void>;
}

/** Every tunnel ends at 127.0.0.1 on the port asked for, whatever the host: tests invent names. */
export async function startConnectProxy(options: { identity?: KeyPair } = {}): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const targets: string[] = [];
  const heads: string[] = [];
  let carried = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const accept = (client: Socket) => {
    track(client).once("data", (head: Buffer) => {
      heads.push(head.toString("latin1"));
      const target = /^CONNECT (\S+):(\d+) /.exec(heads.at(-1)!);
      if (target === null) return void client.end("HTTP/1.1 405 Method Not Allowed\r\n\r\n");
      targets.push(`${target[1]}:${target[2]}`);
      const upstream = connect(Number(target[2]), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.on("data", (bytes: Buffer) => {
          carried += bytes.length;
        });
        client.pipe(upstream).pipe(client);
      });
      track(upstream).on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
    });
  };
  const { identity } = options;
  const server = identity === undefined ? createServer(accept) : createTlsServer(identity, accept);
  const port = await new Promise<number>((listening) => {
    server.listen(0, "127.0.0.1", () => listening((server.address() as AddressInfo).port));
  });
  const stop = async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    url: identity === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    targets,
    heads,
    get carried() {
      return carried;
    },
    goSilent() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
