import { describe, expect, test } from "bun:test";
import { createAuthority } from "@flux-orchestrator/testing";
import { base64, kubeconfigText, MARK, type RefusedCase, refusalOf } from "../../test/kubeconfig-text.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

const authority = createAuthority(MARK);
const second = createAuthority(MARK);
const leaf = authority.issue({ commonName: MARK });
const cluster = (fields: Record<string, unknown>) => kubeconfigText({ cluster: fields });
const ca = (pem: string) => cluster({ "certificate-authority-data": base64(pem) });
const block = (inside: string) => `-----BEGIN CERTIFICATE-----\n${inside}\n-----END CERTIFICATE-----\n`;

const CASES: readonly RefusedCase[] = [
  ["an authority in a file", cluster({ "certificate-authority": `/etc/${MARK}` }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  [
    "an authority in a file beside one that is embedded",
    cluster({ "certificate-authority": MARK, "certificate-authority-data": base64(authority.cert) }),
    "KUBECONFIG_FIELD_NOT_ALLOWED",
  ],
  ["an unknown field", cluster({ "api-version": MARK }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  ["a field in another case", cluster({ Server: MARK }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  ["an authority that is not base64", cluster({ "certificate-authority-data": authority.cert }), "KUBECONFIG_CA"],
  ["an authority that is a number", cluster({ "certificate-authority-data": 42 }), "KUBECONFIG_CA"],
  ["an authority that is rubbish", ca(MARK), "KUBECONFIG_CA"],
  ["an authority whose inside is rubbish", ca(block(base64(MARK))), "KUBECONFIG_CA"],
  ["an authority that is a key", ca(leaf.key), "KUBECONFIG_CA"],
  ["a good authority followed by a broken one", ca(authority.cert + block(base64(MARK))), "KUBECONFIG_CA"],
  ["101 authorities", ca(authority.cert.repeat(101)), "KUBECONFIG_CA"],
  ["insecure as a text", cluster({ "insecure-skip-tls-verify": "true" }), "KUBECONFIG_SHAPE"],
  ["insecure as a number", cluster({ "insecure-skip-tls-verify": 1 }), "KUBECONFIG_SHAPE"],
  ["insecure TLS", cluster({ "insecure-skip-tls-verify": true }), "TLS_VERIFY_REQUIRED"],
  [
    "insecure TLS beside an authority",
    cluster({ "insecure-skip-tls-verify": true, "certificate-authority-data": base64(authority.cert) }),
    "KUBECONFIG_CONFLICT",
  ],
  ["a TLS name with a space", cluster({ "tls-server-name": `${MARK} ${MARK}` }), "KUBECONFIG_SNI"],
  ["a TLS name with a wildcard", cluster({ "tls-server-name": `*.${MARK}` }), "KUBECONFIG_SNI"],
  ["a TLS name of 300 letters", cluster({ "tls-server-name": `${MARK}.`.repeat(40) }), "KUBECONFIG_SNI"],
  ["a TLS name that is a number", cluster({ "tls-server-name": 42 }), "KUBECONFIG_SNI"],
];

describe("a cluster that cannot be used is refused", () => {
  test.each(CASES)("%s", (_, text, code) => {
    const refusal = refusalOf(text);
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test("`yes` is a text in YAML 1.2, not a switch", () => {
    const text = `kind: Config
clusters: [{name: a, cluster: {server: "https://${MARK}.example", insecure-skip-tls-verify: yes}}]
users: [{name: a, user: {token: ${MARK}}}]
contexts: [{name: a, context: {cluster: a, user: a}}]`;
    expect(refusalOf(text, true)?.code).toBe("KUBECONFIG_SHAPE");
  });
});

describe("a cluster that can be used", () => {
  const described = (text: string, allowInsecureTls = false) =>
    parseKubeconfig(text, { mode: "pasted", allowInsecureTls }).contexts[0]!;

  test("several authorities are taken over without what stands between them", () => {
    const context = described(ca(`# ${MARK}\n${authority.cert}\n${second.cert}`));
    expect(context.target!.ca).toBe(`${authority.cert.trim()}\n${second.cert.trim()}`);
  });

  test("base64 that is wrapped into lines is read", () => {
    const wrapped = base64(authority.cert).replace(/.{64}/g, "$&\n");
    expect(described(cluster({ "certificate-authority-data": wrapped })).target!.ca).toBe(authority.cert.trim());
  });

  test("TLS name and proxy are taken over", () => {
    const context = described(cluster({ "tls-server-name": "api.example", "proxy-url": "http://proxy.example:3128" }));
    expect(context).toMatchObject({ proxy: true, insecureTls: false });
    expect(context.target).toMatchObject({ serverName: "api.example", proxy: "http://proxy.example:3128" });
  });

  test("insecure TLS is taken over only when it was allowed, and shown in both cases", () => {
    const text = cluster({ "insecure-skip-tls-verify": true });
    expect(described(text, true)).toMatchObject({ insecureTls: true, refusal: null, target: { insecure: true } });
    const refused = described(text);
    expect(refused).toMatchObject({ insecureTls: true, target: null, server: `https://${MARK}.example:6443` });
    expect(refused.refusal?.hint).toContain("certificate-authority-data");
  });

  test("empty fields are as good as absent ones", () => {
    const text = cluster({ "certificate-authority-data": "", "tls-server-name": "", "proxy-url": "" });
    expect(described(text).target).toEqual({ server: `https://${MARK}.example:6443`, token: `${MARK}-token` });
  });
});
