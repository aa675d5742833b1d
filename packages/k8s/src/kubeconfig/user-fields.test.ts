import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { createAuthority } from "@flux-orchestrator/testing";
import { base64, kubeconfigText, MARK, type RefusedCase, refusalOf } from "../../test/kubeconfig-text.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

const authority = createAuthority(MARK);
const pair = authority.issue({ commonName: MARK });
const other = authority.issue({ commonName: MARK });
const small = authority.issue({ commonName: MARK, rsaBits: 1024 });
const expired = authority.issue({ commonName: MARK, notAfter: new Date(Date.now() - 1_000) });
const encrypted = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: MARK })
  .toString();

const user = (fields: Record<string, unknown>) => kubeconfigText({ user: fields });
const client = (cert: string, key: string) =>
  user({ "client-certificate-data": base64(cert), "client-key-data": base64(key) });
const target = (text: string) => parseKubeconfig(text, { mode: "pasted", allowInsecureTls: false }).contexts[0]!;

const exec = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: MARK,
  args: [MARK],
  env: [{ name: "A", value: MARK }],
};
const ACTS: readonly (readonly [field: string, value: unknown])[] = [
  ["exec", exec],
  ["exec", { ...exec, command: "sh", args: ["-c", MARK] }],
  ["exec", null],
  ["exec", {}],
  ["exec", []],
  ["auth-provider", { name: "gcp", config: { "cmd-path": MARK } }],
  ["auth-provider", { name: "azure", config: { "cmd-path": MARK, "cmd-args": MARK } }],
  ["auth-provider", { name: "oidc", config: { "idp-issuer-url": `https://127.0.0.1/${MARK}` } }],
  ["auth-provider", { name: MARK, config: { tokenFile: `/etc/${MARK}` } }],
  ["tokenFile", `/etc/${MARK}`],
  ["token-file", `../${MARK}`],
  ["client-certificate", `/etc/${MARK}`],
  ["client-key", MARK],
  ["as", `system:${MARK}`],
  ["as-uid", MARK],
  ["as-groups", ["system:masters", MARK]],
  ["as-user-extra", { reason: [MARK] }],
  ["Exec", exec],
  ["EXEC", exec],
  ["exec ", exec],
  ["exec\u200b", exec],
  ["constructor", MARK],
  ["otherField", MARK],
];

describe("a user that would run, read or be somebody else is refused", () => {
  test.each(ACTS)("%s", (field, value) => {
    const refusal = refusalOf(user({ token: MARK, [field]: value }));
    expect(refusal?.code).toBe("KUBECONFIG_FIELD_NOT_ALLOWED");
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test("exec and auth-provider come with the manifest of a ServiceAccount to use instead", () => {
    for (const field of ["exec", "auth-provider"])
      expect(refusalOf(user({ [field]: exec }))?.hint).toContain("kind: ServiceAccount");
  });

  test("a file reference comes with the command that embeds files", () => {
    expect(refusalOf(user({ token: MARK, tokenFile: MARK }))?.hint).toContain("--flatten");
  });
});

const CREDENTIALS: readonly RefusedCase[] = [
  ["no credential", user({}), "KUBECONFIG_NO_CREDENTIAL"],
  ["an empty token", user({ token: "" }), "KUBECONFIG_TOKEN"],
  ["a token that is null", user({ token: null }), "KUBECONFIG_TOKEN"],
  ["a token that is a number", user({ token: 123_456 }), "KUBECONFIG_TOKEN"],
  ["a token that is a list", user({ token: [MARK] }), "KUBECONFIG_TOKEN"],
  ["a token that adds a header", user({ token: `${MARK}\r\nImpersonate-User: ${MARK}` }), "KUBECONFIG_TOKEN"],
  ["a token with a space", user({ token: `${MARK} ${MARK}` }), "KUBECONFIG_TOKEN"],
  ["a token beyond ASCII", user({ token: `${MARK}é` }), "KUBECONFIG_TOKEN"],
  ["a token of 100 KB", user({ token: MARK.repeat(12_500) }), "KUBECONFIG_TOKEN"],
  ["a certificate without a key", user({ "client-certificate-data": base64(pair.cert) }), "KUBECONFIG_CLIENT_CERT"],
  ["a key without a certificate", user({ "client-key-data": base64(pair.key) }), "KUBECONFIG_CLIENT_CERT"],
  [
    "a certificate that is not base64",
    user({ "client-certificate-data": pair.cert, "client-key-data": base64(pair.key) }),
    "KUBECONFIG_CLIENT_CERT",
  ],
  ["a certificate that is rubbish", client(MARK, pair.key), "KUBECONFIG_CLIENT_CERT"],
  [
    "a certificate whose inside is rubbish",
    client(`-----BEGIN CERTIFICATE-----\n${base64(MARK)}\n-----END CERTIFICATE-----`, pair.key),
    "KUBECONFIG_CLIENT_CERT",
  ],
  ["a key that is rubbish", client(pair.cert, MARK), "KUBECONFIG_CLIENT_CERT"],
  ["certificate and key exchanged", client(pair.key, pair.cert), "KUBECONFIG_CLIENT_CERT"],
  ["the key of another certificate", client(pair.cert, other.key), "KUBECONFIG_CLIENT_CERT"],
  ["an encrypted key", client(pair.cert, encrypted), "KUBECONFIG_CLIENT_CERT"],
  ["a key of 1024 bits", client(small.cert, small.key), "KUBECONFIG_CLIENT_CERT"],
  ["an expired certificate", client(expired.cert, expired.key), "KUBECONFIG_CLIENT_CERT"],
  ["a username alone", user({ username: MARK }), "KUBECONFIG_BASIC"],
  ["a password alone", user({ password: MARK }), "KUBECONFIG_BASIC"],
  ["a username with a colon", user({ username: `${MARK}:`, password: MARK }), "KUBECONFIG_BASIC"],
  ["a password of two lines", user({ username: MARK, password: `${MARK}\n${MARK}` }), "KUBECONFIG_BASIC"],
  ["a password that is a number", user({ username: MARK, password: 12_345 }), "KUBECONFIG_BASIC"],
  ["a token and a password", user({ token: MARK, username: MARK, password: MARK }), "KUBECONFIG_CONFLICT"],
];

describe("a credential that cannot be used is refused", () => {
  test.each(CREDENTIALS)("%s", (_, text, code) => {
    const refusal = refusalOf(text);
    expect(refusal?.code).toBe(code);
    const said = JSON.stringify(refusal);
    expect(said).not.toContain(MARK);
    expect(said).not.toContain("-----");
    expect(said).not.toContain(pair.cert.slice(30, 60));
  });
});

describe("a credential that can be used", () => {
  test("a token is taken over, and nothing else", () => {
    const context = target(user({ token: `${MARK}.x` }));
    expect(context).toMatchObject({ credentialKind: "token", expiresAt: null, refusal: null, exec: null });
    expect(context.target).toEqual({ server: `https://${MARK}.example:6443`, token: `${MARK}.x` });
  });

  test("a token that says when it ends is shown with that time", () => {
    const claims = Buffer.from(JSON.stringify({ exp: 2_000_000_000 })).toString("base64url");
    expect(target(user({ token: `e30.${claims}.x` })).expiresAt).toEqual(new Date(2_000_000_000_000));
  });

  test("a client certificate and its key are taken over as PEM, with their end", () => {
    const context = target(client(pair.cert, pair.key));
    expect(context.credentialKind).toBe("client-certificate");
    expect(context.target).toMatchObject({ cert: pair.cert.trim(), key: pair.key });
    expect(context.expiresAt!.getTime()).toBeGreaterThan(Date.now());
  });

  test("a certificate with the chain behind it keeps the chain, without the comments between", () => {
    const chain = `${pair.cert}# ${MARK}\n${authority.cert}`;
    expect(target(client(chain, pair.key)).target!.cert).toBe(`${pair.cert.trim()}\n${authority.cert.trim()}`);
  });

  test("a username and password are taken over", () => {
    const context = target(user({ username: "admin", password: `${MARK}:x y` }));
    expect(context.credentialKind).toBe("basic");
    expect(context.target!.basic).toEqual({ username: "admin", password: `${MARK}:x y` });
  });
});
