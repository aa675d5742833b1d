import { createHash } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Whom the server runs as, by number: names may not resolve in a container. */
export interface Account {
  uid: number;
  gid: number;
}

/** The kernel's limit for a socket path is 107 bytes; the file's name takes 15, its lock's 20. */
const SOCKET_DIR_MAX = 85;

/** Postgres refuses to run as root: the account it runs under instead. */
export function unprivilegedAccount(): Account {
  const entries = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = entries.find((entry) => entry.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "started by root, but there is neither a user postgres nor nobody to run Postgres as; set DATABASE_URL or start as an ordinary user",
  );
}

/** Whoever made a data directory goes on running it; undefined when there is none, or when it is root's. */
export function ownerOf(data: string): Account | undefined {
  const found = statSync(data, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

/**
 * The folder for what the server's account must reach. Usually `home` itself: only entries of their own mode lie in it, so
 * letting others pass through (0711) gives nothing away. When a parent such as root's own folder is closed, it is one under
 * `/var/lib`, the same for the same `home`.
 */
export function reachableBase(home: string): string {
  if (parentsOf(home).every((folder) => (statSync(folder).mode & 0o001) !== 0)) {
    chmodSync(home, 0o711);
    return home;
  }
  const base = join("/var/lib/flux-orchestrator", createHash("sha256").update(home).digest("hex").slice(0, 12));
  mkdirSync(dirname(base), { recursive: true });
  mkdirSync(base, { recursive: true, mode: 0o711 });
  return base;
}

function parentsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...parentsOf(parent)];
}

/** A folder for the socket whose path the kernel accepts: `run` in `base`, or one of a short, fixed name among temporary files. */
export function socketFolder(base: string): string {
  const inside = join(base, "run");
  if (Buffer.byteLength(inside) <= SOCKET_DIR_MAX) return inside;
  return join(tmpdir(), `flux-orchestrator-${createHash("sha256").update(base).digest("hex").slice(0, 16)}`);
}

/**
 * Makes a folder of mode 0700 that belongs to the account, or to us without one. A folder of somebody else's is refused:
 * among temporary files anyone may have made it first.
 */
export function ownedFolder(path: string, account: Account | undefined): string {
  // Parents apart: with `recursive` they would get the mode too and lock the account out.
  mkdirSync(dirname(path), { recursive: true });
  let isNew = true;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    isNew = false;
  }
  const owner = statSync(path).uid;
  const mine = process.getuid?.();
  if (account !== undefined && (isNew || owner === mine)) chownSync(path, account.uid, account.gid);
  else if (owner !== (account?.uid ?? mine)) {
    throw new Error(
      `the folder ${path} belongs to another user (${owner}); remove it, or set FLUX_ORCHESTRATOR_HOME to another folder`,
    );
  }
  chmodSync(path, 0o700);
  return path;
}
