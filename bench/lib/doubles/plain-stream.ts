import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { owned } from "../owned-processes.ts";

/** A server that writes one shared frame to every stream: how fast this machine's sockets are. */
export interface PlainStream extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** One event to all readers. */
  send(text: string): void;
}

export async function startPlainStream(): Promise<PlainStream> {
  const child = fork(join(import.meta.dir, "../../processes/plain-stream.ts"), [], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const server = owned(child);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}/`,
    pid: server.pid,
    send: (text) => void child.send(text),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
