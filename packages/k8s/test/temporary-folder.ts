import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder that is removed with everything in it. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file, its folders included. @returns its absolute path */
  write(name: string, content: string): Promise<string>;
  /** Writes a shell script that can be executed. @returns its absolute path */
  script(name: string, body: string): Promise<string>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "fo-k8s-")));
  const write: TemporaryFolder["write"] = async (name, content) => {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  };
  return {
    path,
    write,
    async script(name, body) {
      const file = await write(name, `#!/bin/sh\n${body}\n`);
      await chmod(file, 0o700);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
