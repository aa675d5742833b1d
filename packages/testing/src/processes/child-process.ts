import { closeSync, openSync, readFileSync } from "node:fs";
import type { Subprocess } from "bun";
import { GaveUpError } from "./until.ts";

export interface ChildProcess {
  readonly pid: number;
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** The last lines it wrote, for an error message. */
  tail(lines?: number): string;
  /** SIGKILL by pid, then waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** @throws GaveUpError with its last words once it has ended */
  assertRunning(): void;
}

export interface ChildCommand {
  readonly name: string;
  readonly command: readonly string[];
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Starts a process that dies with this one, however this one ends. */
export function startChild({ name, command, logFile, env, cwd }: ChildCommand): ChildProcess {
  const log = openSync(logFile, "a");
  const child = Bun.spawn([...dyingWithParent(), ...command], {
    stdin: "ignore",
    stdout: log,
    stderr: log,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  if (dyingWithParent().length === 0) watchParent(child);
  // Its end is awaited where somebody stops it; until then it must not keep this process alive.
  child.unref();
  const tail = (lines = 15) => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  return {
    pid: child.pid,
    get exitCode() {
      return child.exitCode ?? (child.signalCode === null ? undefined : 128);
    },
    tail,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async stop(graceMs = 10_000) {
      child.kill("SIGTERM");
      const insist = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await child.exited;
      clearTimeout(insist);
    },
    assertRunning() {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new GaveUpError(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${tail()}`);
    },
  };
}

let prefix: string[] | undefined;

/** `setpriv` (util-linux) has the kernel kill the child when its parent dies; it then becomes the command, same pid. */
function dyingWithParent(): string[] {
  if (prefix === undefined) {
    const setpriv = Bun.which("setpriv");
    const works = setpriv !== null && Bun.spawnSync([setpriv, "--pdeathsig", "KILL", "true"]).success;
    prefix = works ? [setpriv, "--pdeathsig", "KILL"] : [];
  }
  return prefix;
}

/** Where there is no setpriv (macOS), a shell looks once a second whether both still live. */
function watchParent(child: Subprocess): void {
  const script = `while kill -0 ${process.pid} 2>/dev/null; do kill -0 ${child.pid} 2>/dev/null || exit 0; sleep 1; done; kill -9 ${child.pid}`;
  Bun.spawn(["sh", "-c", script], { stdio: ["ignore", "ignore", "ignore"] }).unref();
}
