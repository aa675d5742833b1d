import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import type { ExecPlugin } from "../cluster-target.ts";
import type { Kubeconfig } from "../kubeconfig/kubeconfig.ts";
import { KubeconfigError } from "../kubeconfig/kubeconfig-error.ts";
import { describeDocuments } from "../kubeconfig/parse-kubeconfig.ts";
import { type KubeconfigDocument, readDocument } from "../kubeconfig/read-document.ts";

const FILE_MAX = 256 * 1024;

/** Where the user's own kubeconfig is: `KUBECONFIG`, else `~/.kube/config`. */
export function localKubeconfigPaths(env: { KUBECONFIG?: string | undefined; HOME?: string | undefined }): string[] {
  const named = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  return (named.length > 0 ? named : [join(env.HOME ?? homedir(), ".kube", "config")]).map((path) => resolve(path));
}

/**
 * Reads the user's own kubeconfig as kubectl would: several files merged, files it names read and taken in, exec plugins
 * described but never run. Never throws: a problem is the `reason`.
 */
export function readLocalKubeconfig(paths: readonly string[]): {
  kubeconfig: Kubeconfig | null;
  reason: string | null;
  paths: readonly string[];
} {
  const documents: KubeconfigDocument[] = [];
  const found: string[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      documents.push(readDocument(readSmallFile(path).toString("utf8"), dirname(path)));
      found.push(path);
    } catch (error) {
      if (error instanceof KubeconfigError) problems.push(`${path}: ${error.message}`);
      else if ((error as NodeJS.ErrnoException).code !== "ENOENT") problems.push(`${path}: cannot be read.`);
    }
  }
  if (documents.length === 0) {
    const reason = problems[0] ?? `There is no kubeconfig at ${paths.join(", ")}.`;
    return { kubeconfig: null, reason, paths };
  }
  try {
    const kubeconfig = describeDocuments(documents, { allowInsecureTls: true, readFile: readReference, resolveExec });
    return { kubeconfig, reason: problems[0] ?? null, paths: found };
  } catch (error) {
    if (error instanceof KubeconfigError) return { kubeconfig: null, reason: error.message, paths: found };
    throw error;
  }
}

/** A file the kubeconfig names, relative to the kubeconfig's own folder, as base64. */
function readReference(file: unknown, baseDir: string | null, path: string): string {
  const refuse = () =>
    new KubeconfigError("KUBECONFIG_REFERENCE", `The file that ${path} names cannot be read.`, { path });
  if (typeof file !== "string" || file === "" || baseDir === null) throw refuse();
  try {
    return readSmallFile(resolve(baseDir, file)).toString("base64");
  } catch {
    throw refuse();
  }
}

/** A regular file of at most 256 KiB: a FIFO would block, a device never end. */
function readSmallFile(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile() || size > FILE_MAX) throw new Error("not a small regular file");
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Finds the program as kubectl does and names everything that decides what runs. */
export function resolveExec(plugin: Omit<ExecPlugin, "hash">): { plugin: ExecPlugin; path: string | null } {
  const path = findProgram(plugin.command, plugin.baseDir);
  const hash = createHash("sha256")
    .update(
      JSON.stringify([
        path,
        plugin.command,
        plugin.args,
        Object.entries(plugin.env).sort(),
        plugin.baseDir,
        plugin.provideClusterInfo,
        contentOf(path),
      ]),
    )
    .digest("hex");
  return { plugin: { ...plugin, args: [...plugin.args], hash }, path };
}

/** The absolute path of a command: itself, relative to the kubeconfig when it has a slash, else by the server's own PATH. */
export function findProgram(command: string, baseDir: string): string | null {
  const candidates = isAbsolute(command)
    ? [command]
    : command.includes("/")
      ? [resolve(baseDir, command)]
      : (process.env.PATH ?? "")
          .split(delimiter)
          .filter(isAbsolute)
          .map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return realpathSync(candidate);
    } catch {
      // Not this one.
    }
  }
  return null;
}

/** A changed program asks again. The time is the inode's own, which nobody can set back. */
function contentOf(path: string | null): string {
  if (path === null) return "";
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size, ctimeMs, ino } = fstatSync(descriptor);
    return `${ino}:${size}:${ctimeMs}`;
  } finally {
    closeSync(descriptor);
  }
}
