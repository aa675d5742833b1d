import { describe, expect, test } from "bun:test";
import { kubeconfigText, MARK, refusalOf } from "../../test/kubeconfig-text.ts";
import { parseProxyUrl, parseServerUrl } from "./server-url.ts";

const REFUSED: readonly (readonly [url: unknown, code: string])[] = [
  [undefined, "KUBECONFIG_INCOMPLETE"],
  ["", "KUBECONFIG_INCOMPLETE"],
  [42, "KUBECONFIG_INCOMPLETE"],
  [`http://${MARK}.example`, "SERVER_URL_SCHEME"],
  [`${MARK}.example:6443`, "SERVER_URL_SCHEME"],
  [`//${MARK}.example`, "SERVER_URL_SCHEME"],
  [`file:///etc/${MARK}`, "SERVER_URL_SCHEME"],
  [`data:,${MARK}`, "SERVER_URL_SCHEME"],
  [`ftp://${MARK}`, "SERVER_URL_SCHEME"],
  [`javascript:${MARK}`, "SERVER_URL_SCHEME"],
  [`unix:///var/run/${MARK}`, "SERVER_URL_SCHEME"],
  [`https://user:${MARK}@host.example`, "SERVER_URL_USERINFO"],
  [`https://${MARK}@host.example`, "SERVER_URL_USERINFO"],
  [`https://@${MARK}.example`, "SERVER_URL_USERINFO"],
  [`https://host.example/?x=${MARK}`, "SERVER_URL_FORM"],
  ["https://host.example?", "SERVER_URL_FORM"],
  [`https://host.example#${MARK}`, "SERVER_URL_FORM"],
  ["https://", "SERVER_URL_HOST"],
  [`https://${MARK}_x.example`, "SERVER_URL_HOST"],
  [`https://${MARK} x.example`, "SERVER_URL_HOST"],
  [`https://-${MARK}.example`, "SERVER_URL_HOST"],
  [`https://${MARK}..example`, "SERVER_URL_HOST"],
  [`https://${MARK}.example..`, "SERVER_URL_HOST"],
  [`https://${MARK}\u{1f600}.example`, "SERVER_URL_HOST"],
  ["https://xn--a.example", "SERVER_URL_HOST"],
  [`https://${"a".repeat(64)}.example`, "SERVER_URL_HOST"],
  [`https://${`${MARK}.`.repeat(30)}example`, "SERVER_URL_HOST"],
  ["https://[::1", "SERVER_URL_HOST"],
  ["https://[fe80::1%25eth0]", "SERVER_URL_HOST"],
  ["https://1.2.3.4.5", "SERVER_URL_HOST"],
  ["https://256.1.1.1", "SERVER_URL_HOST"],
  ["https://host.example:0", "SERVER_URL_PORT"],
  ["https://host.example:", "SERVER_URL_PORT"],
  ["https://host.example:65536", "SERVER_URL_PORT"],
  [`https://host.example:${MARK}`, "SERVER_URL_PORT"],
  ["https://[::1]:99999", "SERVER_URL_PORT"],
  [`https://host.example/../../${MARK}`, "SERVER_URL_PATH"],
  [`https://host.example/./${MARK}`, "SERVER_URL_PATH"],
  [`https://host.example/%2e%2e/${MARK}`, "SERVER_URL_PATH"],
  [`https://host.example/a//${MARK}`, "SERVER_URL_PATH"],
  [`https://host.example/a\\${MARK}`, "SERVER_URL_PATH"],
  [`https://host.example/${MARK}\u00e9`, "SERVER_URL_PATH"],
  [`https://host.example/${MARK}`.padEnd(10_000, "x"), "SERVER_URL_FORM"],
  ["https://a".repeat(3_640), "SERVER_URL_FORM"],
];

describe("a server address", () => {
  test.each(REFUSED)("%p is refused with its own code", (server, code) => {
    const refusal = refusalOf(kubeconfigText({ cluster: { server } }));
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test.each([
    ["https://api.example", "https://api.example"],
    ["HTTPS://API.Example/", "https://api.example"],
    ["https://api.example:443", "https://api.example"],
    ["https://api.example:22", "https://api.example:22"],
    ["https://api.example:6443/k8s/clusters/c-1_a.b~c/", "https://api.example:6443/k8s/clusters/c-1_a.b~c"],
    ["https://10.0.0.1:6443", "https://10.0.0.1:6443"],
    ["https://[2001:DB8::1]:6443", "https://[2001:db8::1]:6443"],
    ["https://bücher.example", "https://xn--bcher-kva.example"],
    ["https://2130706433", "https://127.0.0.1"],
    ["https://0x7f.1", "https://127.0.0.1"],
    ["https://0177.0.0.1", "https://127.0.0.1"],
    ["https://127.1", "https://127.0.0.1"],
    ["https://①②⑦.⓪.⓪.①", "https://127.0.0.1"],
    ["https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]"],
  ])("%s is kept as %s, so that what is checked is what is connected to", (given, kept) => {
    expect(parseServerUrl(given, "server")).toBe(kept);
  });
});

describe("a proxy address", () => {
  test.each([
    `socks5://${MARK}.example:1080`,
    `socks4a://${MARK}.example`,
    `file:///etc/${MARK}`,
    `http://user:${MARK}@proxy.example`,
    `http://${MARK}@proxy.example`,
    `http://proxy.example/${MARK}`,
    `http://proxy.example?${MARK}`,
    `http://proxy.example#${MARK}`,
    `${MARK}.example:3128`,
    `http://${MARK}_x.example`,
    "http://proxy.example:0",
    42,
    [MARK],
  ])("%p is refused", (proxy) => {
    const refusal = refusalOf(kubeconfigText({ cluster: { "proxy-url": proxy } }));
    expect(refusal).toMatchObject({ code: "PROXY_URL" });
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test.each([
    ["http://proxy.example:3128", "http://proxy.example:3128"],
    ["https://Proxy.example/", "https://proxy.example"],
    ["http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"],
  ])("%s is kept as %s", (given, kept) => {
    expect(parseProxyUrl(given, "proxy-url")).toBe(kept);
  });
});
