import type { ChildProcess } from "node:child_process";

/** A process that ends with this one. */
export interface OwnedProcess {
  readonly pid: number;
  /** Resolves with its exit code once it is gone. */
  readonly exited: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Map<ChildProcess, NodeJS.Signals>();
process.on("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** @param insist what ends it at once, when this process ends before having stopped it */
export function owned(child: ChildProcess, insist: NodeJS.Signals = "SIGKILL"): OwnedProcess {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`);
  running.set(child, insist);
  const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  void exited.then(() => running.delete(child));
  return {
    pid: child.pid,
    exited,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
    },
  };
}
