import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "../../test/temporary-folder.ts";
import { withEnvironment } from "../../test/with-environment.ts";
import type { KubeconfigContext } from "../kubeconfig/kubeconfig.ts";
import { readLocalKubeconfig } from "./read-local-kubeconfig.ts";

const V1 = "client.authentication.k8s.io/v1";

/** Describes a context with this exec plugin, in a file of its own. */
async function described(folder: TemporaryFolder, exec: object, file = "config"): Promise<KubeconfigContext> {
  const path = await folder.write(
    file,
    JSON.stringify({
      clusters: [{ name: "x", cluster: { server: "https://x.example" } }],
      users: [{ name: "x", user: { exec: { apiVersion: V1, ...exec } } }],
      contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
    }),
  );
  return readLocalKubeconfig([path]).kubeconfig!.contexts[0]!;
}

describe("an exec plugin that is described", () => {
  test("is not run, neither by its context nor by its hash", async () => {
    await using folder = await temporaryFolder();
    const trace = join(folder.path, "trace");
    const command = await folder.script("login", `touch ${trace}`);
    const { exec, credentialKind, refusal } = await described(folder, { command });
    expect({ credentialKind, refusal, path: exec!.path }).toEqual({
      credentialKind: "exec",
      refusal: null,
      path: command,
    });
    expect(existsSync(trace)).toBe(false);
    // It would be there, had the command been run.
    Bun.spawnSync([command]);
    expect(existsSync(trace)).toBe(true);
  });

  test("is shown without what looks secret in its arguments and environment", async () => {
    await using folder = await temporaryFolder();
    const args = ["get-token", "--client-secret", "q7mark5z", "--password=q7mark5z", "--region", "eu-1"];
    const env = [
      { name: "AWS_PROFILE", value: "dev" },
      { name: "AZURE_CLIENT_SECRET", value: "q7mark5z" },
    ];
    const { exec } = await described(folder, { command: "absent-login", args, env });
    expect(exec).toMatchObject({
      command: ["absent-login", "get-token", "--client-secret", "…", "--password=…", "--region", "eu-1"],
      env: ["AWS_PROFILE=dev", "AZURE_CLIENT_SECRET=…"],
      path: null,
    });
  });

  test("is found as kubectl finds it: absolute, relative to the kubeconfig, or on the PATH, never in the working folder", async () => {
    await using folder = await temporaryFolder();
    const absolute = await folder.script("bin/fo-login", "");
    const relative = await folder.script("config/bin/fo-login", "");
    const pathOf = async (command: string) => (await described(folder, { command }, "config/kube")).exec!.path;
    expect(await pathOf(absolute)).toBe(absolute);
    expect(await pathOf("bin/fo-login")).toBe(relative);
    expect(await pathOf("../bin/fo-login")).toBe(absolute);
    expect(await pathOf("fo-login")).toBeNull();
    await withEnvironment(
      { PATH: `.:relative:${join(folder.path, "empty")}:${join(folder.path, "bin")}` },
      async () => {
        expect(await pathOf("fo-login")).toBe(absolute);
      },
    );
  });

  test("is shown by the program itself, not by a link to it, and not when it cannot be executed", async () => {
    await using folder = await temporaryFolder();
    const program = await folder.script("real", "");
    await symlink(program, join(folder.path, "link"));
    expect((await described(folder, { command: join(folder.path, "link") })).exec!.path).toBe(program);
    await chmod(program, 0o600);
    expect((await described(folder, { command: program })).exec!.path).toBeNull();
  });

  test.each([
    ["no command", { command: undefined }, "KUBECONFIG_SHAPE"],
    ["a command of two lines", { command: "a\nb" }, "KUBECONFIG_SHAPE"],
    ["an old version", { apiVersion: "client.authentication.k8s.io/v1alpha1" }, "KUBECONFIG_SHAPE"],
    ["arguments that are a text", { args: "-c x" }, "KUBECONFIG_SHAPE"],
    ["an argument that is a number", { args: [1] }, "KUBECONFIG_SHAPE"],
    ["an environment that is a mapping", { env: { A: "b" } }, "KUBECONFIG_SHAPE"],
    ["a variable with an equals sign in its name", { env: [{ name: "A=B", value: "" }] }, "KUBECONFIG_SHAPE"],
    ["a terminal", { interactiveMode: "Always" }, "KUBECONFIG_FIELD_NOT_ALLOWED"],
    ["an unknown field", { shell: true }, "KUBECONFIG_FIELD_NOT_ALLOWED"],
  ])("is refused with %s", async (_, fields, code) => {
    await using folder = await temporaryFolder();
    const context = await described(folder, { command: "x", ...fields });
    expect(context).toMatchObject({ refusal: { code }, exec: null, target: null });
  });

  test("gives way to a token, as in kubectl", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write(
      "config",
      JSON.stringify({
        clusters: [{ name: "x", cluster: { server: "https://x.example" } }],
        users: [{ name: "x", user: { token: "t", exec: { apiVersion: V1, command: "x" } } }],
        contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
      }),
    );
    expect(readLocalKubeconfig([path]).kubeconfig!.contexts[0]).toMatchObject({ credentialKind: "token", exec: null });
  });
});

describe("the hash a permission is bound to", () => {
  test("is the same as long as nothing changes", async () => {
    await using folder = await temporaryFolder();
    const command = await folder.script("login", "echo 1");
    const exec = { command, args: ["a"], env: [{ name: "A", value: "1" }] };
    const [one, two] = [await described(folder, exec), await described(folder, exec)];
    expect(one.exec!.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(two.exec!.hash).toBe(one.exec!.hash);
    expect(one.target!.exec!.hash).toBe(one.exec!.hash);
  });

  test("changes with command, arguments, environment, folder, cluster hand-over and the program's content", async () => {
    await using folder = await temporaryFolder();
    const command = await folder.script("login", "echo 1");
    const copy = await folder.script("copy", "echo 1");
    const exec = { command, args: ["a", "b"], env: [{ name: "A", value: "1" }] };
    const hashOf = async (fields: object, file?: string) =>
      (await described(folder, { ...exec, ...fields }, file)).exec!.hash;
    const hashes = [
      await hashOf({}),
      await hashOf({ command: copy }),
      await hashOf({ args: ["a"] }),
      await hashOf({ args: ["a b"] }),
      await hashOf({ args: ["b", "a"] }),
      await hashOf({ env: [{ name: "A", value: "2" }] }),
      await hashOf({ env: [{ name: "B", value: "1" }] }),
      await hashOf({ provideClusterInfo: true }),
      await hashOf({}, "other/config"),
    ];
    // As many letters as before, and the time put back: still another program.
    const { atime, mtime } = await stat(command);
    await folder.script("login", "echo 2");
    await utimes(command, atime, mtime);
    hashes.push(await hashOf({}));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
