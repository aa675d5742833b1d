import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { processStart } from "./process-facts.ts";

/** Another living process uses this data directory. */
export class HomeInUseError extends Error {
  override readonly name = "HomeInUseError";
  constructor(readonly pid: number) {
    super(
      `another Flux Orchestrator (process ${pid}) uses this data directory; stop it, or set FLUX_ORCHESTRATOR_HOME to another folder`,
    );
  }
}

const ATTEMPTS = 10;
/** Homes of this process. A lock that names us while we held none is left of what ran before a restart in place. */
const held = new Set<string>();

/**
 * Takes the data directory for this process; a lock left by a dead one is taken over. Process ids are reused, so the lock
 * names its holder by id and start.
 * @returns gives the lock back
 * @throws HomeInUseError
 */
export async function lockHome(path: string): Promise<() => Promise<void>> {
  // Before anything is awaited: of two starts in one process only one goes on.
  if (held.has(path)) throw new HomeInUseError(process.pid);
  held.add(path);
  try {
    return await takeLock(path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
}

async function takeLock(path: string): Promise<() => Promise<void>> {
  const me = `${process.pid} ${processStart(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  await unlink(draft).catch(() => {});
  await writeFile(draft, me, { mode: 0o600 });
  try {
    for (let attempt = 1; !(await taken(draft, path)); attempt++) {
      const holder = await readFile(path, "utf8").catch(() => undefined);
      if (holder !== undefined) {
        const pid = Number(holder.split(" ")[0]);
        if (pid > 0 && holder !== me && holder === `${pid} ${processStart(pid)}`) throw new HomeInUseError(pid);
        await discard(path, holder, draft);
      }
      if (attempt === ATTEMPTS) throw new Error(`cannot take the lock file ${path}`);
    }
  } finally {
    await unlink(draft).catch(() => {});
  }
  return async () => {
    if ((await readFile(path, "utf8").catch(() => "")) === me) await unlink(path).catch(() => {});
    held.delete(path);
  };
}

/** `link` fails when the name exists: of two that try at once, one wins. */
const taken = (draft: string, path: string) =>
  link(draft, path).then(
    () => true,
    () => false,
  );

/** Removes a dead holder's lock, and only that: meanwhile another process may have put its own in its place. */
async function discard(path: string, holder: string, draft: string): Promise<void> {
  const aside = `${draft}.stale`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, "utf8")) !== holder) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}
