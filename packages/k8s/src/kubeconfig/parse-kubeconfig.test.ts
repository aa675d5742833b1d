import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigText, MARK, type RefusedCase, refusalOf } from "../../test/kubeconfig-text.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

const PASTED = { mode: "pasted", allowInsecureTls: false } as const;
const context = (fields: Record<string, unknown>) => kubeconfigText({ context: fields });

const CASES: readonly RefusedCase[] = [
  [
    "a current-context that is not there",
    kubeconfigText({ top: { "current-context": `${MARK}-x` } }),
    "KUBECONFIG_CONTEXT_UNKNOWN",
  ],
  ["a cluster that is not there", context({ cluster: `${MARK}-x` }), "KUBECONFIG_REFERENCE"],
  ["a user that is not there", context({ user: `${MARK}-x` }), "KUBECONFIG_REFERENCE"],
  ["no cluster", context({ cluster: undefined }), "KUBECONFIG_REFERENCE"],
  ["a cluster that is a number", context({ cluster: 42 }), "KUBECONFIG_SHAPE"],
  ["a cluster named like a member of every object", context({ cluster: "constructor" }), "KUBECONFIG_REFERENCE"],
  ["an unknown field", context({ exec: MARK }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  ["a namespace that is a path", context({ namespace: `../${MARK}` }), "KUBECONFIG_NAMESPACE"],
  ["a namespace of 64 letters", context({ namespace: MARK.repeat(8) }), "KUBECONFIG_NAMESPACE"],
  ["a namespace in capitals", context({ namespace: MARK.toUpperCase() }), "KUBECONFIG_NAMESPACE"],
  ["a namespace that is a number", context({ namespace: 42 }), "KUBECONFIG_NAMESPACE"],
];

describe("a context that cannot be used is refused", () => {
  test.each(CASES)("%s", (_, text, code) => {
    const refusal = refusalOf(text);
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify(refusal).toLowerCase()).not.toContain(MARK);
  });
});

describe("several contexts", () => {
  const several = kubeconfigText({
    top: {
      "current-context": "good",
      clusters: [
        { name: "one", cluster: { server: "https://one.example" } },
        { name: "two", cluster: { server: "https://two.example", "insecure-skip-tls-verify": true } },
        { name: "plain", cluster: { server: "http://plain.example" } },
      ],
      users: [
        { name: "token", user: { token: MARK } },
        { name: "exec", user: { exec: { command: MARK } } },
        { name: "unused", user: { [MARK]: MARK } },
      ],
      contexts: [
        { name: "good", context: { cluster: "one", user: "token", namespace: "apps" } },
        { name: "insecure", context: { cluster: "two", user: "token" } },
        { name: "exec", context: { cluster: "one", user: "exec" } },
        { name: "plain", context: { cluster: "plain", user: "token" } },
      ],
    },
  });

  test("one that is refused leaves the others usable, in the order of the file", () => {
    const { contexts, currentContext } = parseKubeconfig(several, PASTED);
    expect(currentContext).toBe("good");
    expect(contexts.map(({ name, refusal }) => [name, refusal?.code ?? null])).toEqual([
      ["good", null],
      ["insecure", "TLS_VERIFY_REQUIRED"],
      ["exec", "KUBECONFIG_FIELD_NOT_ALLOWED"],
      ["plain", "SERVER_URL_SCHEME"],
    ]);
    expect(contexts[0]).toMatchObject({ server: "https://one.example", namespace: "apps", credentialKind: "token" });
  });

  test("only one that can be used has a target, and what is shown of it holds no credential", () => {
    const { contexts } = parseKubeconfig(several, PASTED);
    expect(contexts.map(({ target }) => target !== null)).toEqual([true, false, false, false]);
    const shown = contexts.map(({ target: _, ...rest }) => rest);
    expect(JSON.stringify(shown)).not.toContain(MARK);
  });

  test("the address of a refused one is shown, unless the address is what it is refused for", () => {
    const servers = parseKubeconfig(several, PASTED).contexts.map(({ server }) => server);
    expect(servers).toEqual(["https://one.example", "https://two.example", "https://one.example", ""]);
  });

  test("a text without current-context names none", () => {
    expect(parseKubeconfig(kubeconfigText({ top: { "current-context": "" } }), PASTED).currentContext).toBeNull();
  });
});

test("YAML and JSON of one kubeconfig mean the same", () => {
  const yaml = Bun.YAML.stringify(JSON.parse(kubeconfigText()), null, 2);
  expect(parseKubeconfig(yaml, PASTED)).toEqual(parseKubeconfig(kubeconfigText(), PASTED));
});

test("a pasted text runs nothing, whatever it names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fo-paste-"));
  try {
    const trace = join(folder, "trace");
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/bin/sh", args: ["-c", `touch ${trace}`] };
    const provider = { name: "gcp", config: { "cmd-path": "/bin/sh", "cmd-args": `-c "touch ${trace}"` } };
    for (const user of [{ exec }, { "auth-provider": provider }, { token: MARK, exec }])
      expect(refusalOf(kubeconfigText({ user }))?.code).toBe("KUBECONFIG_FIELD_NOT_ALLOWED");
    expect(existsSync(trace)).toBe(false);
    // The trace would be there, had the command been run.
    Bun.spawnSync([exec.command, ...exec.args]);
    expect(existsSync(trace)).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
