import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { until } from "../processes/until.ts";

/** A server on loopback that sends back what it gets, and notes it. */
export async function startEcho() {
  const sockets = new Set<Socket>();
  let received = "";
  let ended = 0;
  let failed = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (bytes: Buffer) => {
      received += bytes.toString("latin1");
      socket.write(bytes);
    });
    socket.on("end", () => ended++);
    socket.on("error", () => failed++);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    get ended() {
      return ended;
    },
    get failed() {
      return failed;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** One end of a connection and everything that came to it, in order. */
export interface Peer extends Disposable {
  readonly socket: Socket;
  readonly text: string;
  /** `end` for an orderly close, the code of an error, or nothing while it is open. */
  readonly over: string | undefined;
  says(text: string): void;
  hears(text: string): Promise<void>;
  isOver(): Promise<string>;
}

/** Connects to a port on loopback; `over` says so when it is refused. */
export function peerOf(port: number): Peer {
  let text = "";
  let over: string | undefined;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  socket.on("end", () => {
    over ??= "end";
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    over ??= error.code ?? error.message;
  });
  return {
    socket,
    get text() {
      return text;
    },
    get over() {
      return over;
    },
    says: (words) => void socket.write(words),
    hears: async (words) => void (await until(`"${words}" is heard`, () => text === words)),
    isOver: () => until("the connection is over", () => over),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
