import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { kubeconfigText, MARK, type RefusedCase, refusalOf } from "../../test/kubeconfig-text.ts";

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const nested = (depth: number) => `a: ${"[".repeat(depth)}${MARK}${"]".repeat(depth)}`;
const laughs = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]`).join("\n");

const CASES: readonly RefusedCase[] = [
  ["nothing", "", "KUBECONFIG_EMPTY"],
  ["only white space", " \n\t\n ", "KUBECONFIG_EMPTY"],
  ["only a byte order mark", "\uFEFF \n", "KUBECONFIG_EMPTY"],
  ["only a comment", `# ${MARK}`, "KUBECONFIG_EMPTY"],
  ["a byte more than 256 KiB", `a: ${MARK}`.padEnd(256 * 1024 + 1), "KUBECONFIG_TOO_LARGE"],
  ["fewer characters but more bytes than 256 KiB", `a: ${MARK}${"ü".repeat(128 * 1024)}`, "KUBECONFIG_TOO_LARGE"],
  ["ten megabytes", "a: b\n".repeat(2_000_000), "KUBECONFIG_TOO_LARGE"],
  ["gzip", decoded(gzipSync(kubeconfigText())), "KUBECONFIG_NOT_TEXT"],
  ["UTF-16", decoded(Buffer.from(kubeconfigText(), "utf16le")), "KUBECONFIG_NOT_TEXT"],
  ["Latin-1", decoded(Buffer.from(`name: ${MARK}-Müller`, "latin1")), "KUBECONFIG_NOT_TEXT"],
  ["half a surrogate pair", `name: ${MARK}\ud800`, "KUBECONFIG_NOT_TEXT"],
  ["NUL", `name: "${MARK}\0"`, "KUBECONFIG_NOT_TEXT"],
  ["a syntax error on the line of the token", `users:\n- user: {token: "${MARK}\n`, "KUBECONFIG_SYNTAX"],
  ["a tab as indentation", `users:\n\t- ${MARK}: ${MARK}`, "KUBECONFIG_SYNTAX"],
  ["two documents", `a: ${MARK}\n---\nb: ${MARK}`, "KUBECONFIG_MULTI_DOC"],
  ["a harmless alias", `a: &${MARK} ${MARK}\nb: *${MARK}`, "KUBECONFIG_ALIAS"],
  ["an alias of nothing", `a: *${MARK}`, "KUBECONFIG_ALIAS"],
  ["a billion laughs", `l0: &l0 ${MARK}\n${laughs}`, "KUBECONFIG_ALIAS"],
  ["a merge key", `<<: {server: ${MARK}}`, "KUBECONFIG_ALIAS"],
  ["a merge key inside", `clusters:\n- <<: {name: ${MARK}}\n  cluster: {}`, "KUBECONFIG_ALIAS"],
  ["a function's tag", `a: !!js/function "${MARK}"`, "KUBECONFIG_TAG"],
  ["an object's tag", `a: !!python/object:os.system ${MARK}`, "KUBECONFIG_TAG"],
  ["a binary's tag", `token: !!binary ${MARK}`, "KUBECONFIG_TAG"],
  ["a tag of its own", `a: !${MARK} ${MARK}`, "KUBECONFIG_TAG"],
  ["21 levels", nested(21), "KUBECONFIG_DEPTH"],
  ["5,000 levels", nested(5_000), "KUBECONFIG_DEPTH"],
  ["the same key twice", `kind: Config\nserver: ${MARK}\nserver: ${MARK}-evil`, "KUBECONFIG_DUPLICATE_KEY"],
];

describe("a text that is no kubeconfig is refused", () => {
  test.each(CASES)("%s", (_, text, code) => {
    const refusal = refusalOf(text);
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test("a syntax error names its line", () => {
    expect(refusalOf(`kind: Config\nusers:\n- user: {token: ${MARK}\n`)?.message).toMatch(/line [34]/);
  });

  test("26,000 keys, the widest text that fits, are refused before anybody notices", () => {
    const wide = Array.from({ length: 26_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(wide.length).toBeLessThan(256 * 1024);
    const before = process.cpuUsage();
    expect(refusalOf(wide)?.code).toBe("KUBECONFIG_FIELD_NOT_ALLOWED");
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
