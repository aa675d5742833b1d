import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../processes/run.ts";

/** A git server over HTTP on loopback. */
export interface GitSource extends AsyncDisposable {
  /** What a GitRepository's `spec.url` is; the repository comes to be with its first commit. */
  url(repository: string): string;
  /** Writes files (null removes one) on branch `main` and pushes. @returns the commit's hash */
  commit(repository: string, files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  stop(): Promise<void>;
}

// No configuration of the person who runs the tests may sign, hook or rewrite these commits.
const GIT_ENV = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

/** @param options.push whether others may push too: nobody is asked who they are, so only where a person wants it */
export async function startGitSource(options: { port?: number; push?: boolean } = {}): Promise<GitSource> {
  const folder = await mkdtemp(join(tmpdir(), "fo-git-"));
  const bare = join(folder, "bare");
  await mkdir(bare);
  const git = (...args: string[]) => run(["git", ...args], { env: GIT_ENV });
  const backend = join((await git("--exec-path")).trim(), "git-http-backend");
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    idleTimeout: 60,
    fetch: (request) => answerByCgi(request, backend, bare),
  });
  /** Commits of one repository follow one another. */
  let queue: Promise<unknown> = Promise.resolve();
  const commit = async (repository: string, files: Readonly<Record<string, string | null>>, message: string) => {
    const work = join(folder, "work", repository);
    const origin = join(bare, `${repository}.git`);
    if (!(await Bun.file(join(origin, "HEAD")).exists())) {
      await git("init", "--quiet", "--bare", "--initial-branch=main", origin);
      if (options.push) await git("-C", origin, "config", "http.receivepack", "true");
      await git("init", "--quiet", "--initial-branch=main", work);
    }
    for (const [path, text] of Object.entries(files)) {
      const file = join(work, path);
      await mkdir(dirname(file), { recursive: true });
      await (text === null ? rm(file, { force: true }) : writeFile(file, text));
    }
    await git("-C", work, "add", "--all");
    await git("-C", work, "commit", "--quiet", "--allow-empty", "--message", message);
    await git("-C", work, "push", "--quiet", origin, "HEAD:main");
    return (await git("-C", work, "rev-parse", "HEAD")).trim();
  };
  const stop = async () => {
    await queue.catch(() => {});
    await server.stop(true);
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: (repository) => `http://127.0.0.1:${server.port}/${repository}.git`,
    commit(repository, files, message = "Change") {
      const done = queue.catch(() => {}).then(() => commit(repository, files, message));
      queue = done;
      return done;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Git's own CGI program speaks the smart protocol; go-git, which source-controller uses, knows no other over HTTP. */
async function answerByCgi(request: Request, backend: string, root: string): Promise<Response> {
  const url = new URL(request.url);
  const child = Bun.spawn([backend], {
    stdin: new Uint8Array(await request.arrayBuffer()),
    stdout: "pipe",
    stderr: "ignore",
    env: {
      ...process.env,
      ...GIT_ENV,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
    },
  });
  const answer = Buffer.from(await new Response(child.stdout).arrayBuffer());
  const end = answer.indexOf("\r\n\r\n");
  const headers = new Headers();
  for (const line of answer.subarray(0, Math.max(end, 0)).toString().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number.parseInt(headers.get("status") ?? (end < 0 ? "500" : "200"), 10);
  headers.delete("status");
  return new Response(answer.subarray(end + 4), { status, headers });
}
