import { spawnSync } from "node:child_process";
import { link, readFile, unlink, writeFile } from "node:fs/promises";

/** Another living process uses this data directory. */
export class HomeInUseError extends Error {
  override readonly name = "HomeInUseError";
  constructor(readonly pid: number) {
    super(
      `another Flux Orchestrator (process ${pid}) uses this data directory; stop it, or set FLUX_ORCHESTRATOR_HOME to another folder`,
    );
  }
}

/**
 * Takes the data directory for this process; a lock left by a dead one is taken over. Process ids are reused, so the lock
 * names the process by id and start time.
 * @returns gives the lock back
 * @throws HomeInUseError
 */
export async function lockHome(path: string): Promise<() => Promise<void>> {
  const me = `${process.pid} ${startedAt(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, me, { mode: 0o600 });
  try {
    for (let attempt = 0; ; attempt++) {
      // `link` fails when the name exists: of two that try at once, one wins.
      const taken = await link(draft, path).then(
        () => true,
        () => false,
      );
      if (taken) break;
      const holder = await readFile(path, "utf8").catch(() => "");
      const pid = Number(holder.split(" ")[0]);
      const alive = pid > 0 && holder === `${pid} ${startedAt(pid)}`;
      if (alive && pid !== process.pid) throw new HomeInUseError(pid);
      if (attempt > 5) throw new Error(`cannot take the lock file ${path}`);
      await unlink(path).catch(() => {});
    }
  } finally {
    await unlink(draft).catch(() => {});
  }
  return async () => {
    if ((await readFile(path, "utf8").catch(() => "")) === me) await unlink(path).catch(() => {});
  };
}

/** When a process started, as `ps` says it; empty when there is none. */
function startedAt(pid: number): string {
  return (
    spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    }).stdout?.trim() ?? ""
  );
}
