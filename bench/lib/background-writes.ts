import { fork } from "node:child_process";
import { join } from "node:path";
import { owned } from "./owned-processes.ts";

/** Events that are stored while something else is measured, by a replica of its own. */
export async function startBackgroundWrites(databaseUrl: string, perSecond: number): Promise<AsyncDisposable> {
  const child = fork(join(import.meta.dir, "../processes/writer.ts"), [databaseUrl, String(perSecond)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const writer = owned(child);
  await Promise.race([
    new Promise<void>((ready) => child.once("message", () => ready())),
    writer.exited.then((code) => Promise.reject(new Error(`the writer ended with ${code}`))),
  ]);
  return { [Symbol.asyncDispose]: () => writer.stop() };
}
