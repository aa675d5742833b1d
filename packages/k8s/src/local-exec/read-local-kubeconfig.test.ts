import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "@flux-orchestrator/testing";
import { kubeconfigText } from "../../test/kubeconfig-text.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { localKubeconfigPaths, readLocalKubeconfig } from "./read-local-kubeconfig.ts";

const authority = createAuthority();
const pair = authority.issue({ commonName: "alice" });

/** A kubeconfig with one context; cluster, user and context all have its name. */
const config = (name: string, fields: { cluster?: object; user?: object; top?: object } = {}) =>
  JSON.stringify({
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: `https://${name}.example`, ...fields.cluster } }],
    users: [{ name, user: fields.user ?? { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    ...fields.top,
  });

describe("where the user's own kubeconfig is", () => {
  test.each([
    [{ KUBECONFIG: "/a/one:/b/two" }, ["/a/one", "/b/two"]],
    [{ KUBECONFIG: ":/a/one:" }, ["/a/one"]],
    [{ KUBECONFIG: "", HOME: "/home/x" }, ["/home/x/.kube/config"]],
    [{ HOME: "/home/x" }, ["/home/x/.kube/config"]],
  ])("with %j it is %j", (env, paths) => {
    expect(localKubeconfigPaths(env)).toEqual(paths);
  });
});

describe("the user's own kubeconfig", () => {
  test("is merged from several files: the first of a name wins, and the first current-context", async () => {
    await using folder = await temporaryFolder();
    const paths = [
      await folder.write("one", config("one", { top: { "current-context": "" } })),
      await folder.write("two", config("two")),
      await folder.write("three", config("one", { user: { token: "later" } })),
    ];
    const { kubeconfig, reason, paths: read } = readLocalKubeconfig(paths);
    expect(kubeconfig!.contexts.map(({ name, target }) => [name, target?.token])).toEqual([
      ["one", "token-of-one"],
      ["two", "token-of-two"],
    ]);
    expect({ current: kubeconfig!.currentContext, reason, read }).toEqual({
      current: "two",
      reason: null,
      read: paths,
    });
  });

  test("may have its context in one file and the user in another", async () => {
    await using folder = await temporaryFolder();
    const one = await folder.write("one", config("x", { top: { users: undefined } }));
    const two = await folder.write("two", JSON.stringify({ users: [{ name: "x", user: { token: "t" } }] }));
    expect(readLocalKubeconfig([one, two]).kubeconfig!.contexts[0]!.target!.token).toBe("t");
  });

  test("names files relative to itself, which are read once and taken in", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write(
      "config/kube",
      config("x", {
        cluster: { "certificate-authority": "../pki/ca.crt" },
        user: {
          "client-certificate": "alice.crt",
          "client-key": join(folder.path, "pki/alice.key"),
          tokenFile: "token",
        },
      }),
    );
    await folder.write("pki/ca.crt", authority.cert);
    await folder.write("config/alice.crt", pair.cert);
    await folder.write("pki/alice.key", pair.key);
    await folder.write("config/token", "a-token\n");
    const { kubeconfig } = readLocalKubeconfig([path]);
    await rm(folder.path, { recursive: true });
    expect(kubeconfig!.contexts[0]).toMatchObject({ refusal: null, credentialKind: "token" });
    expect(kubeconfig!.contexts[0]!.target).toEqual({
      server: "https://x.example",
      ca: authority.cert.trim(),
      cert: pair.cert.trim(),
      key: pair.key,
      token: "a-token",
    });
  });

  test("prefers what is embedded to certificates in files, and a token's file to an embedded token, as kubectl does", async () => {
    await using folder = await temporaryFolder();
    await folder.write("token", "of the file".replaceAll(" ", "-"));
    const cluster = {
      "certificate-authority": "absent",
      "certificate-authority-data": Buffer.from(authority.cert).toString("base64"),
    };
    const path = await folder.write(
      "config",
      config("x", { cluster, user: { token: "embedded", tokenFile: "token" } }),
    );
    expect(readLocalKubeconfig([path]).kubeconfig!.contexts[0]!.target).toMatchObject({
      ca: authority.cert.trim(),
      token: "of-the-file",
    });
  });

  test.each([
    ["is absent", async () => {}],
    ["is a folder", (folder) => folder.write("ca/x", "")],
    ["is too large", (folder) => folder.write("ca", " ".repeat(256 * 1024 + 1))],
    ["would never end", async (folder) => void Bun.spawnSync(["mkfifo", join(folder.path, "ca")])],
  ] as [string, (folder: Awaited<ReturnType<typeof temporaryFolder>>) => Promise<unknown>][])(
    "refuses a context whose file %s, and only that one",
    async (_, make) => {
      await using folder = await temporaryFolder();
      await make(folder);
      const one = await folder.write("one", config("one", { cluster: { "certificate-authority": "ca" } }));
      const two = await folder.write("two", config("two"));
      const { kubeconfig } = readLocalKubeconfig([one, two]);
      expect(kubeconfig!.contexts.map(({ refusal }) => refusal?.code ?? null)).toEqual(["KUBECONFIG_REFERENCE", null]);
      expect(JSON.stringify(kubeconfig!.contexts[0]!.refusal)).not.toContain(folder.path);
    },
  );

  test("accepts insecure TLS, which is shown", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("config", config("x", { cluster: { "insecure-skip-tls-verify": true } }));
    expect(readLocalKubeconfig([path]).kubeconfig!.contexts[0]).toMatchObject({ insecureTls: true, refusal: null });
  });

  test("is not there: the reason says where it was looked for", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "config");
    expect(readLocalKubeconfig([path])).toEqual({
      kubeconfig: null,
      reason: `There is no kubeconfig at ${path}.`,
      paths: [path],
    });
  });

  test("is no kubeconfig: the reason names the file and nothing in it", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("config", "users: [{q7mark5z");
    const { kubeconfig, reason } = readLocalKubeconfig([path]);
    expect(kubeconfig).toBeNull();
    expect(reason).toStartWith(`${path}: `);
    expect(reason).not.toContain("q7mark5z");
  });

  test("is partly broken: the rest is used, and the reason says what is not", async () => {
    await using folder = await temporaryFolder();
    const broken = await folder.write("broken", "a: [");
    const good = await folder.write("good", config("good"));
    const { kubeconfig, reason, paths } = readLocalKubeconfig([broken, join(folder.path, "absent"), good]);
    expect(kubeconfig!.contexts.map(({ name }) => name)).toEqual(["good"]);
    expect(reason).toStartWith(`${broken}: `);
    expect(paths).toEqual([good]);
  });

  test("has the rules of a pasted one for everything that names no file and runs nothing", async () => {
    await using folder = await temporaryFolder();
    for (const fields of [
      { user: { token: "x", as: "admin" } },
      { user: { "auth-provider": { name: "gcp" } } },
      { cluster: { server: "http://x" } },
    ]) {
      const path = await folder.write("config", kubeconfigText(fields));
      expect(readLocalKubeconfig([path]).kubeconfig!.contexts[0]!.refusal).not.toBeNull();
    }
  });
});
