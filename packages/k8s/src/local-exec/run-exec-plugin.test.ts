import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, until } from "@flux-orchestrator/testing";
import { failureOf } from "../../test/failure-of.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { withEnvironment } from "../../test/with-environment.ts";
import type { ClusterTarget, ExecPlugin } from "../cluster-target.ts";
import { runExecPlugin } from "./run-exec-plugin.ts";

const V1 = "client.authentication.k8s.io/v1";
const target = (exec: Partial<ExecPlugin>, fields: Partial<ClusterTarget> = {}): ClusterTarget => ({
  server: "https://x.example:6443",
  exec: { apiVersion: V1, command: "", args: [], env: {}, baseDir: "/", provideClusterInfo: false, hash: "", ...exec },
  ...fields,
});
const credential = (status: object, apiVersion = V1) => JSON.stringify({ apiVersion, kind: "ExecCredential", status });
const print = (text: string) => `cat <<'END'\n${text}\nEND`;

describe("an exec plugin that is run", () => {
  test("gives the token it prints, and when it ends", async () => {
    await using folder = await temporaryFolder();
    const command = await folder.script(
      "login",
      print(credential({ token: "a.b", expirationTimestamp: "2030-01-02T03:04:05Z" })),
    );
    expect(await runExecPlugin(target({ command }))).toEqual({
      token: "a.b",
      expiresAtMs: Date.UTC(2030, 0, 2, 3, 4, 5),
    });
  });

  test("gives the certificate and key it prints", async () => {
    await using folder = await temporaryFolder();
    const { cert, key } = createAuthority().issue({ commonName: "alice" });
    const command = await folder.script(
      "login",
      print(credential({ clientCertificateData: cert, clientKeyData: key })),
    );
    expect(await runExecPlugin(target({ command }))).toEqual({ cert, key });
  });

  test("is found on the PATH by its name", async () => {
    await using folder = await temporaryFolder();
    await folder.script("fo-login", print(credential({ token: "t" })));
    await withEnvironment({ PATH: `${folder.path}:${process.env.PATH}` }, async () => {
      expect(await runExecPlugin(target({ command: "fo-login" }))).toEqual({ token: "t" });
    });
  });

  test("gets each argument as one, whatever a shell would make of it", async () => {
    await using folder = await temporaryFolder();
    const trace = join(folder.path, "trace");
    const args = [
      `$(touch ${trace})`,
      `; touch ${trace}`,
      `\`touch ${trace}\``,
      "a b",
      "*",
      "",
      "--x='y'",
      '"',
      `| tee ${trace}`,
      "ä\n",
    ];
    const seen = join(folder.path, "seen");
    const command = await folder.script("login", `printf '%s\\0' "$@" > ${seen}\n${print(credential({ token: "t" }))}`);
    await runExecPlugin(target({ command, args }));
    expect(await readFile(seen, "utf8")).toBe(args.map((arg) => `${arg}\0`).join(""));
    expect(existsSync(trace)).toBe(false);
  });

  test("is never read as a command line: its name with arguments names no program", async () => {
    await using folder = await temporaryFolder();
    const trace = join(folder.path, "trace");
    for (const command of [`touch ${trace}`, `/bin/sh -c "touch ${trace}"`, `x; touch ${trace}`])
      expect(await failureOf(runExecPlugin(target({ command })))).toMatchObject({
        code: "CLUSTER_AUTH",
        reason: "ExecPlugin",
      });
    expect(existsSync(trace)).toBe(false);
  });

  test("gets our environment, its own over it, and is told what is asked for", async () => {
    await using folder = await temporaryFolder();
    const seen = join(folder.path, "seen");
    const command = await folder.script("login", `env > ${seen}\n${print(credential({ token: "t" }))}`);
    await withEnvironment({ FO_OURS: "ours", FO_BOTH: "ours" }, async () => {
      await runExecPlugin(target({ command, env: { FO_BOTH: "its own", FO_OWN: "its own" } }));
    });
    const lines = (await readFile(seen, "utf8")).split("\n");
    expect(lines).toEqual(expect.arrayContaining(["FO_OURS=ours", "FO_BOTH=its own", "FO_OWN=its own"]));
    const info = lines.find((line) => line.startsWith("KUBERNETES_EXEC_INFO="))!.slice("KUBERNETES_EXEC_INFO=".length);
    expect(JSON.parse(info)).toEqual({ apiVersion: V1, kind: "ExecCredential", spec: { interactive: false } });
  });

  test("is told of the cluster when the kubeconfig says so, without any credential", async () => {
    await using folder = await temporaryFolder();
    const seen = join(folder.path, "seen");
    const command = await folder.script(
      "login",
      `printf %s "$KUBERNETES_EXEC_INFO" > ${seen}\n${print(credential({ token: "t" }))}`,
    );
    const fields = { ca: "PEM", serverName: "api.example", proxy: "http://proxy.example", token: "q7mark5z" };
    await runExecPlugin(target({ command, provideClusterInfo: true }, fields));
    expect(JSON.parse(await readFile(seen, "utf8")).spec.cluster).toEqual({
      server: "https://x.example:6443",
      "tls-server-name": "api.example",
      "certificate-authority-data": Buffer.from("PEM").toString("base64"),
      "proxy-url": "http://proxy.example",
    });
    expect(await readFile(seen, "utf8")).not.toContain("q7mark5z");
  });

  test("has no terminal and no input", async () => {
    await using folder = await temporaryFolder();
    const command = await folder.script(
      "login",
      `read line && exit 3\n[ -t 0 ] && exit 4\n${print(credential({ token: "t" }))}`,
    );
    expect(await runExecPlugin(target({ command }))).toEqual({ token: "t" });
  });
});

describe("an exec plugin that fails", () => {
  const failure = async (body: string, options: { deadlineMs?: number } = {}) => {
    await using folder = await temporaryFolder();
    const error = await failureOf(runExecPlugin(target({ command: await folder.script("login", body) }), options));
    expect(error).toMatchObject({ code: "CLUSTER_AUTH", reason: "ExecPlugin" });
    expect(`${error.message} ${String(error.cause)}`).not.toContain("q7mark5z");
    return error.message;
  };

  test("says with which code it ended, and nothing of what it wrote", async () => {
    expect(await failure("echo q7mark5z; echo q7mark5z >&2; exit 7")).toContain("code 7");
  });

  test("says that it was killed", async () => {
    expect(await failure("kill -9 $$")).toContain("SIGKILL");
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "q7mark5z"],
    ["JSON of another kind", JSON.stringify({ apiVersion: V1, kind: "Token", status: { token: "q7mark5z" } })],
    ["another version than was asked for", credential({ token: "q7mark5z" }, "client.authentication.k8s.io/v1beta1")],
    ["no status", JSON.stringify({ apiVersion: V1, kind: "ExecCredential" })],
    ["an empty status", credential({})],
    ["a token that adds a header", credential({ token: "q7mark5z\r\nX-Evil: 1" })],
    ["a token that is a number", credential({ token: 42 })],
    ["a certificate without a key", credential({ clientCertificateData: "q7mark5z" })],
    ["a certificate that is none", credential({ clientCertificateData: "q7mark5z", clientKeyData: "q7mark5z" })],
    ["two credentials", `${credential({ token: "q7mark5z" })}\n${credential({ token: "q7mark5z" })}`],
  ])("by printing %s says that it printed no credential", async (_, text) => {
    expect(await failure(print(text))).toContain("did not print an ExecCredential");
  });

  test("by printing without end is stopped and says so", async () => {
    expect(await failure("yes q7mark5z")).toContain("printed more");
  });

  test("by not ending is stopped at its deadline, with everything it started", async () => {
    await using folder = await temporaryFolder();
    const pids = join(folder.path, "pids");
    const command = await folder.script("login", `sleep 600 & echo $! > ${pids}\necho $$ >> ${pids}\nsleep 600`);
    const error = await failureOf(runExecPlugin(target({ command }), { deadlineMs: 1_000 }));
    expect(error.message).toContain("within 1 s");
    const started = (await readFile(pids, "utf8")).trim().split("\n").map(Number);
    expect(started.length).toBe(2);
    await until("nothing of it runs", () => started.every((pid) => !runs(pid)));
  }, 180_000);

  test("by not being there, or not being a program, says so", async () => {
    await using folder = await temporaryFolder();
    const text = await folder.write("text", "x");
    for (const command of ["fo-absent-login", join(folder.path, "absent"), text])
      expect((await failureOf(runExecPlugin(target({ command })))).message).toContain("not found");
    const broken = await folder
      .script("broken", "")
      .then((path) => Bun.write(path, "#!/absent/interpreter\n").then(() => path));
    expect((await failureOf(runExecPlugin(target({ command: broken })))).message).toContain("could not be started");
  });
});

/** Whether a process is there and not a zombie that nobody has waited for yet. */
function runs(pid: number): boolean {
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
  const state = stdout.toString().trim();
  return state !== "" && !state.startsWith("Z");
}
