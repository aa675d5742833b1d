import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What tells a process from a later one with the same id: its start, in the clock of this boot. Undefined when there is no
 * such process; one that ended and was not yet waited for counts as gone.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform !== "linux") {
    const [stat = "", ...start] = ps(pid, "stat=,lstart=").split(/\s+/);
    return stat === "" || stat.startsWith("Z") ? undefined : start.join(" ");
  }
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; state and start are fields 3 and 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (stat === "" || fields[0] === "Z" || fields[0] === "X") return undefined;
  return `${readText("/proc/sys/kernel/random/boot_id").trim()} ${fields[19]}`;
}

/** Program and arguments of a process, separated by spaces; empty when there is none. */
export function commandLine(pid: number): string {
  if (process.platform !== "linux") return ps(pid, "args=");
  return readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** `/proc` where there is one: slim images have no `ps`. */
function ps(pid: number, fields: string): string {
  const ran = spawnSync("ps", ["-ww", "-o", fields, "-p", String(pid)], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  return ran.stdout?.trim() ?? "";
}

/** A file's text, or nothing when it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
