import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Clock ticks a second in `/proc`: fixed on Linux for what programs see. */
const TICKS = 100;

/** CPU time of a process since its start, seconds; its own and that of children it waited for. */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid);
  // utime, stime, cutime and cstime are fields 14 to 17.
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS;
}

/** CPU time of a process and of its living children, seconds: Postgres with its sessions. */
export function cpuSecondsOfTree(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + cpuSecondsIfThere(each), 0);
}

/** CPU time some work takes of a process and of Postgres together, milliseconds. */
export async function cpuMsOf(pid: number, postmaster: number, work: () => Promise<unknown>): Promise<number> {
  const now = () => cpuSeconds(pid) + cpuSecondsOfTree(postmaster);
  const before = now();
  await work();
  return (now() - before) * 1_000;
}

/** Resident memory, bytes. */
export const residentBytes = (pid: number): number => statusBytes(pid, "VmRSS");
/** The most resident memory since the start or the last `resetPeak`, bytes. */
export const peakBytes = (pid: number): number => statusBytes(pid, "VmHWM");
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, "5");

function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything; the state follows it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function cpuSecondsIfThere(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    // It ended since: its parent has its time.
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return Number(statOf(each)[1]) === pid;
      } catch {
        return false;
      }
    });
}

function statusBytes(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
