import { describe, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { kubeconfigText } from "../../test/kubeconfig-text.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { approveExec, requestExecCode } from "./exec-code.ts";
import { importLocal } from "./import-local.ts";
import { localContexts } from "./local.ts";
import { parseKubeconfigText } from "./parse.ts";
import { testCluster } from "./test.ts";

const fixture = useApi({ mode: "server" });
const TOKEN = "q7mark5z-token";

test("a pasted kubeconfig is described context by context, with nothing secret in the answer", async () => {
  const id = await insertCluster(fixture.database, { server: "https://127.0.0.1:1" });
  const answer = await fixture.perform(parseKubeconfigText, { kubeconfig: kubeconfigText({ token: TOKEN }) });
  expect(answer).toEqual({
    contexts: [
      {
        name: "x",
        server: "https://127.0.0.1:1",
        namespace: null,
        credential: "token",
        insecureTls: false,
        proxy: false,
        isCurrent: true,
        refusal: null,
        exec: null,
        registeredAs: id,
      },
    ],
    currentContext: "x",
  });
  expect(JSON.stringify(answer)).not.toContain(TOKEN);
});

test("a context that cannot be used says why and is shown all the same; the text as a whole is refused by its code", async () => {
  const execs = kubeconfigText({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: TOKEN } });
  const { contexts } = await fixture.perform(parseKubeconfigText, { kubeconfig: execs });
  expect(contexts).toMatchObject([{ name: "x", refusal: { code: "KUBECONFIG_FIELD_NOT_ALLOWED" } }]);
  expect(JSON.stringify(contexts)).not.toContain(TOKEN);
  for (const [text, code] of [
    ["", "KUBECONFIG_EMPTY"],
    [`${TOKEN}: [`, "KUBECONFIG_SYNTAX"],
    ["\0", "KUBECONFIG_NOT_TEXT"],
  ] as const) {
    const refused = await fixture.refusal(parseKubeconfigText, { kubeconfig: text });
    expect(refused.code).toBe(code);
    expect(JSON.stringify(refused)).not.toContain(TOKEN);
  }
  expect(JSON.stringify([fixture.log, await fixture.recorded()])).not.toContain(TOKEN);
});

test("testing a connection reads and writes nothing of ours, and needs somewhere to connect to", async () => {
  const kubeconfig = kubeconfigText({ token: TOKEN }, { server: "https://10.255.255.1:1" });
  const closed = kubeconfigText({ token: TOKEN });
  expect(await fixture.refusal(testCluster, { source: { from: "cluster", cluster: "nowhere" } })).toMatchObject({
    code: "CLUSTER_NOT_FOUND",
  });
  expect(await fixture.refusal(testCluster, { source: { from: "text", kubeconfig, context: "other" } })).toMatchObject({
    code: "KUBECONFIG_CONTEXT_UNKNOWN",
  });
  const metadata = kubeconfigText({ token: TOKEN }, { server: "https://169.254.169.254" });
  expect(await fixture.refusal(testCluster, { source: { from: "text", kubeconfig: metadata } })).toMatchObject({
    code: "EGRESS_DENIED",
  });
  const answer = await fixture.perform(testCluster, { source: { from: "text", kubeconfig: closed } });
  expect(answer).toMatchObject({ outcome: "fail", server: "https://127.0.0.1:1", kubernetesVersion: null });
  expect(answer.steps.map(({ outcome }) => outcome)).toContain("skipped");
  expect(JSON.stringify(answer)).not.toContain(TOKEN);
  // A cluster whose credential is not there cannot be opened.
  const id = await insertCluster(fixture.database);
  expect(await fixture.refusal(testCluster, { source: { from: "cluster", cluster: id } })).toMatchObject({
    code: "CREDENTIAL_LOCKED",
  });
});

describe("away from the user's own computer", () => {
  const plugin = { context: "x", hash: "h" };

  test("nothing of its disk is read and nothing is run", async () => {
    expect(await fixture.perform(localContexts, undefined)).toEqual({
      contexts: [],
      currentContext: null,
      available: false,
      reason: "Only a server on your own computer reads its kubeconfig.",
      paths: [],
    });
    const calls = [
      fixture.refusal(importLocal, { contexts: [{ context: "x" }] }),
      fixture.refusal(testCluster, { source: { from: "local", context: "x" } }),
      fixture.refusal(requestExecCode, plugin),
      fixture.refusal(approveExec, { ...plugin, code: "ABCDEF" }),
    ];
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ code: "LOCAL_ONLY" });
  });
});

test("each needs the permission to add clusters", async () => {
  fixture.rights.give("guest", allBut("cluster.create"));
  const kubeconfig = kubeconfigText({ token: TOKEN });
  const answers = await Promise.all([
    fixture.refusal(parseKubeconfigText, { kubeconfig }, "guest"),
    fixture.refusal(localContexts, undefined, "guest"),
    fixture.refusal(testCluster, { source: { from: "text", kubeconfig } }, "guest"),
    fixture.refusal(importLocal, { contexts: [{ context: "x" }] }, "guest"),
    fixture.refusal(requestExecCode, { context: "x", hash: "h" }, "guest"),
    fixture.refusal(approveExec, { context: "x", hash: "h", code: "ABCDEF" }, "guest"),
  ]);
  for (const answer of answers) expect(answer).toMatchObject({ code: "FORBIDDEN" });
});

test("a context's name that no record could hold is refused before anything is recorded", async () => {
  const before = (await fixture.recorded()).length;
  for (const context of ["a\0b", "", "x".repeat(1001)])
    expect(await fixture.refusal(requestExecCode, { context, hash: "h" })).toMatchObject({ code: "INPUT_INVALID" });
  expect(await fixture.recorded()).toHaveLength(before);
});
