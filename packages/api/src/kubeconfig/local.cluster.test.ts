import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { requirement, until } from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { localKubeconfigHome } from "../../test/local-kubeconfig.ts";
import { getCluster } from "../cluster/get.ts";
import { approveExec, requestExecCode } from "./exec-code.ts";
import { importLocal } from "./import-local.ts";
import { localContexts } from "./local.ts";
import { testCluster } from "./test.ts";

const TOKEN = "q7mark5z-exec-token";

describe.skipIf(!(await requirement("kube-apiserver")))("the kubeconfig of the user's own computer", () => {
  const home = localKubeconfigHome();
  const fixture = useCluster({
    localKubeconfig: home,
    tokens: [{ token: TOKEN, user: "by-plugin", groups: ["system:masters"] }],
  });
  afterAll(() => home.remove());

  beforeAll(() => {
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: TOKEN },
    };
    const command = home.writeProgram("login", JSON.stringify(credential));
    const { server, ca, adminCert, adminKey } = fixture.apiserver;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const exec = { apiVersion: credential.apiVersion, command, args: ["--now"], interactiveMode: "Never" };
    const context = (name: string, user: string, cluster = "here") => ({ name, context: { cluster, user } });
    home.write(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
          { name: "here", cluster: { server, "certificate-authority-data": base64(ca) } },
          { name: "nowhere", cluster: { server: "https://127.0.0.1:1" } },
        ],
        users: [
          {
            name: "admin",
            user: { "client-certificate-data": base64(adminCert), "client-key-data": base64(adminKey) },
          },
          { name: "plugin", user: { exec } },
          { name: "wrong", user: { token: "wrong" } },
        ],
        contexts: [
          context("direct", "admin"),
          context("plugin", "plugin"),
          context("away", "wrong", "nowhere"),
          context("wrong", "wrong"),
        ],
        "current-context": "direct",
      }),
    );
  });

  const contextNamed = async (name: string) =>
    (await fixture.perform(localContexts, undefined)).contexts.find((context) => context.name === name)!;

  test("its contexts are shown, with which are registered already and what would be run", async () => {
    const local = await fixture.perform(localContexts, undefined);
    expect(local).toMatchObject({ available: true, reason: null, paths: [home.path], currentContext: "direct" });
    expect(local.contexts.map(({ name, credential, registeredAs }) => [name, credential, registeredAs])).toEqual([
      ["direct", "client-certificate", fixture.cluster],
      ["plugin", "exec", fixture.cluster],
      ["away", "token", null],
      ["wrong", "token", fixture.cluster],
    ]);
    expect(local.contexts[1]?.exec).toMatchObject({ approved: false, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(local.contexts[1]?.exec?.command.join(" ")).toContain("--now");
  });

  test("a connection is tested step by step to its end", async () => {
    const ok = await fixture.perform(testCluster, { source: { from: "local", context: "direct" } });
    expect(ok.steps.map(({ name }) => name)).toEqual([
      "DNS",
      "TCP",
      "TLS",
      "Authentication",
      "Version",
      "Flux",
      "Permissions",
    ]);
    expect(ok).toMatchObject({
      outcome: "ok",
      context: "direct",
      kubernetesVersion: expect.stringMatching(/^v1/),
      objectCount: expect.any(Number),
    });
    const wrong = await fixture.perform(testCluster, { source: { from: "local", context: "wrong" } });
    expect(wrong.outcome).toBe("fail");
    expect(wrong.steps.find(({ outcome }) => outcome === "fail")).toMatchObject({
      name: "Authentication",
      code: "CLUSTER_AUTH",
      remedy: expect.any(String),
    });
    const registered = await fixture.perform(testCluster, { source: { from: "cluster", cluster: "main" } });
    expect(registered).toMatchObject({ outcome: "ok", context: null, server: fixture.apiserver.server });
    const pasted = { from: "text" as const, kubeconfig: fixture.apiserver.kubeconfig() };
    expect(await fixture.perform(testCluster, { source: pasted })).toMatchObject({ outcome: "ok" });
  });

  test("a program is run only after its code was read from the terminal", async () => {
    const { exec } = await contextNamed("plugin");
    const plugin = { context: "plugin", hash: exec!.hash };
    const asked = { contexts: [{ context: "plugin", name: "By plugin" }] };
    const refused = await fixture.perform(importLocal, asked);
    expect(refused.results).toMatchObject([{ clusterId: null, error: { code: "EXEC_CODE_REQUIRED" } }]);
    expect(await fixture.refusal(testCluster, { source: { from: "local", context: "plugin" } })).toMatchObject({
      code: "EXEC_CODE_REQUIRED",
    });

    expect(await fixture.perform(requestExecCode, plugin)).toEqual({ printed: true });
    const [{ code, command }] = home.printed as [(typeof home.printed)[number]];
    expect(command.join(" ")).toContain("--now");
    expect(JSON.stringify([await fixture.recorded(), fixture.log])).not.toContain(code);
    expect(await fixture.refusal(approveExec, { ...plugin, code: "wrong!" })).toMatchObject({
      code: "EXEC_CODE_WRONG",
      hint: "Ask for a new code.",
    });
    expect((await contextNamed("plugin")).exec?.approved).toBe(false);
    expect(await fixture.perform(approveExec, { ...plugin, code })).toEqual({ approved: true });
    expect((await contextNamed("plugin")).exec?.approved).toBe(true);
    expect((await fixture.recorded()).slice(-2)).toMatchObject([
      { action: "approve_exec", resourceId: "plugin", outcome: "failed" },
      { action: "approve_exec", outcome: "success" },
    ]);

    expect(await fixture.perform(testCluster, { source: { from: "local", context: "plugin" } })).toMatchObject({
      outcome: "ok",
    });
    const { results } = await fixture.perform(importLocal, asked);
    expect(results).toMatchObject([{ slug: "by-plugin", error: null }]);
    await until(
      "it is watched",
      async () => (await fixture.perform(getCluster, { cluster: "by-plugin" })).stream === "live",
    );
    expect(await fixture.perform(testCluster, { source: { from: "cluster", cluster: "by-plugin" } })).toMatchObject({
      outcome: "ok",
    });
    const sealed = await fixture.database.sql`select sealed from cluster_credentials`;
    expect(JSON.stringify([sealed, await fixture.recorded(), fixture.log])).not.toContain(TOKEN);
  });

  test("a program that changed since it was shown is another one, which nobody has allowed", async () => {
    const { exec } = await contextNamed("plugin");
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: TOKEN },
    };
    home.writeProgram("login", `${JSON.stringify(credential)}\n\n`);
    const stale = { context: "plugin", hash: exec!.hash };
    expect(await fixture.refusal(requestExecCode, stale)).toMatchObject({ code: "KUBECONFIG_CHANGED" });
    expect(await fixture.refusal(approveExec, { ...stale, code: "ABCDEF" })).toMatchObject({
      code: "KUBECONFIG_CHANGED",
    });
    expect(await fixture.refusal(requestExecCode, { ...stale, context: "direct" })).toMatchObject({
      code: "KUBECONFIG_CHANGED",
    });
    expect((await contextNamed("plugin")).exec?.approved).toBe(false);
  });

  test("contexts are imported each for itself: what fails says why, and the others are registered", async () => {
    const { results } = await fixture.perform(importLocal, {
      contexts: [
        { context: "direct", name: "Imported", environment: "dev", labels: { team: "a" } },
        { context: "away" },
        { context: "missing" },
        { context: "direct", name: "MAIN" },
        { context: "direct", name: "Bad labels", labels: { "not a key!": "x" } },
      ],
    });
    expect(results.map(({ context, error }) => [context, error?.code ?? null])).toEqual([
      ["direct", null],
      ["away", null],
      ["missing", "KUBECONFIG_CONTEXT_UNKNOWN"],
      ["direct", "CLUSTER_NAME_TAKEN"],
      ["direct", "LABELS"],
    ]);
    expect(await fixture.perform(getCluster, { cluster: "imported" })).toMatchObject({
      name: "Imported",
      environment: "dev",
      labels: { team: "a" },
    });
    expect(await fixture.perform(getCluster, { cluster: "away" })).toMatchObject({ status: "unhealthy" });
    const created = (await fixture.recorded()).filter(({ operation }) => operation === "kubeconfig.importContext");
    expect(created.filter(({ outcome }) => outcome === "success").length).toBeGreaterThanOrEqual(2);
  });

  test("a kubeconfig that cannot be read says why, and everything that needs it says so too", async () => {
    home.write("contexts: [");
    const broken = await fixture.perform(localContexts, undefined);
    expect(broken).toMatchObject({ available: false, contexts: [], reason: expect.stringContaining(home.path) });
    const { results } = await fixture.perform(importLocal, { contexts: [{ context: "direct", name: "Again" }] });
    expect(results).toMatchObject([{ error: { code: "NOT_FOUND" } }]);
  });
});
