import { describe, expect, test } from "bun:test";
import { MASK, MASKED_LEAVES, maskObject, maskText, maskUrls } from "./mask.ts";
import type { KubeObject } from "./object.ts";

const hmac = (value: string) => `h${value.length}`;
const release = (values: object, message: string): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "a", namespace: "b", uid: "1", resourceVersion: "1" },
  status: { conditions: [{ type: "Ready", status: "False", reason: "X", message }] },
  // After the status: the order of keys is the cluster's.
  spec: { values },
});
const messageOf = (object: KubeObject) =>
  (maskObject(object, hmac).object.status as { conditions: { message: string }[] }).conditions[0]!.message;

describe("a message that quotes a masked value", () => {
  const value = `pass "word" & pä$$/1+1?`;

  test("loses it however it was written", () => {
    const base64 = Buffer.from(value).toString("base64");
    const written = [value, JSON.stringify(value), encodeURIComponent(value), base64, base64.replaceAll("+", "-")];
    const message = messageOf(release({ a: { b: [value] } }, written.join(" | ")));
    expect(message.replaceAll(/"|=+/g, "")).toBe(Array(5).fill(MASK).join(" | "));
  });

  test("loses the longer of two values whole, though it contains the shorter one", () => {
    const values = { a: "hunter2", b: "hunter2-and-more" };
    expect(messageOf(release(values, "hunter2-and-more hunter2"))).toBe(`${MASK} ${MASK}`);
  });

  test("loses each line of a value of several", () => {
    const values = { pem: "-----BEGIN\n  second line\nx\n" };
    expect(messageOf(release(values, "at -----BEGIN: second line x"))).toBe(`at ${MASK}: ${MASK} x`);
  });

  test("is cut only when nothing is left to take out", () => {
    const message = messageOf(release({ a: "hunter2-hunter2" }, `${"x".repeat(8 * 1024 - 7)}hunter2-hunter2`));
    expect(message).not.toContain("hunter2");
    expect(message.length).toBeLessThanOrEqual(8 * 1024 + 1);
  });

  test("keeps short values and booleans, which would blot out every sentence", () => {
    expect(messageOf(release({ on: false, size: 3, name: "abc" }, "false 3 abc"))).toBe("false 3 abc");
  });
});

describe("a URL", () => {
  test("loses userinfo and query, whatever the password holds", () => {
    expect(maskUrls("clone 'https://u:p@ss@host/a?b=c' failed")).toBe(`clone 'https://${MASK}@host/a?${MASK}' failed`);
    expect(maskUrls("https://token@host")).toBe(`https://${MASK}@host`);
    expect(maskText("dial http://u:p@[::1]:80/x")).toBe(`dial http://${MASK}@[::1]:80/x`);
  });

  // Each took time by the square of its length: minutes, of which nothing else ran.
  test.each([
    ["one long word", "x".repeat(1_000_000)],
    ["what could be a scheme", `${"a.".repeat(500_000)}://@ ?`],
    ["one long host", `http://${"x".repeat(1_000_000)}`],
    ["addresses without an end", `${"http://a".repeat(125_000)}@ ?`],
    ["addresses with passwords", "http://u:password@h ".repeat(50_000)],
    ["addresses and questions", "a://?".repeat(200_000)],
  ])("of a million characters, %s, is as quick as any", (_what, message) => {
    expect(maskText(message).length).toBeLessThan(10_000);
    expect(maskUrls(message).length).toBeLessThan(2_000_000);
  });

  test("keeps a digest, a path with an at sign, and an address without secrets", () => {
    for (const url of [
      "oci://registry.example/org/app@sha256:abc",
      "https://host/a@b",
      "https://host",
      "user@host no url",
    ])
      expect(maskUrls(url)).toBe(url);
  });

  test("of the spec takes its password out of every message, as written and decoded", () => {
    const object = release({}, "denied for p%40ssword and p@ssword");
    object.spec = { url: "https://u:p%40ssword@host" };
    expect(messageOf(object)).toBe(`denied for ${MASK} and ${MASK}`);
    object.spec = { url: "ssh://gituser@host" };
    expect(messageOf(release({}, "gituser"))).toBe("gituser");
  });
});

test("the same object masks to the same document, and the object given stays as it was", () => {
  const object = release({ a: "hunter2" }, "hunter2");
  const before = structuredClone(object);
  const [one, other] = [maskObject(object, hmac), maskObject(object, hmac)];
  expect(one).toEqual(other);
  expect(object).toEqual(before);
  expect(one.object[MASKED_LEAVES]).toEqual({ "/spec/values/a": "h7" });
});

test("a Secret among the resources of a ResourceSet keeps its names and loses every value, also one called name", () => {
  const secret = { kind: "Secret", metadata: { name: "db" }, stringData: { name: "hunter2", kind: "x" } };
  const object: KubeObject = {
    ...release({}, ""),
    kind: "ResourceSet",
    spec: { resources: [{ kind: "ConfigMap", metadata: { name: "cm" }, data: { a: "b" } }, secret] },
  };
  const masked = maskObject(object, hmac).object;
  expect(masked.spec).toEqual({
    resources: [
      { kind: "ConfigMap", metadata: { name: "cm" }, data: { a: MASK } },
      { kind: "Secret", metadata: { name: "db" }, stringData: { name: MASK, kind: MASK } },
    ],
  });
  expect(masked[MASKED_LEAVES]).toMatchObject({ "/spec/resources/1/stringData/name": "h7" });
});

test("a Secret inside any object is masked, and a key called __proto__ is a key", () => {
  const object = JSON.parse(
    JSON.stringify(release({}, "")).replace(
      '"spec":{',
      '"spec":{"__proto__":{"a":1},"inline":{"kind":"secret","data":{"name":"c2VjcmV0"}},',
    ),
  ) as KubeObject;
  const { spec } = maskObject(object, hmac).object;
  expect(Object.keys(spec!)).toEqual(["__proto__", "inline", "values"]);
  expect(JSON.stringify(spec)).toContain('"__proto__":{"a":1}');
  expect(JSON.stringify(spec)).not.toContain("c2VjcmV0");
});
