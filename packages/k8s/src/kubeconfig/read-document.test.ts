import { describe, expect, test } from "bun:test";
import { kubeconfigText, MARK, type RefusedCase, refusalOf } from "../../test/kubeconfig-text.ts";

const named = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => ({ name: `${MARK}-${index}`, [field]: {} }));

const CASES: readonly RefusedCase[] = [
  ["a list", `[${MARK}]`, "KUBECONFIG_SHAPE"],
  ["a text", MARK, "KUBECONFIG_SHAPE"],
  ["a number", "42", "KUBECONFIG_SHAPE"],
  ["null", "null", "KUBECONFIG_SHAPE"],
  ["a Secret", kubeconfigText({ top: { kind: "Secret" } }), "KUBECONFIG_SHAPE"],
  ["another version", kubeconfigText({ top: { apiVersion: "v2" } }), "KUBECONFIG_SHAPE"],
  ["clusters as a mapping", kubeconfigText({ top: { clusters: { name: MARK } } }), "KUBECONFIG_SHAPE"],
  ["a cluster that is a text", kubeconfigText({ top: { clusters: [MARK] } }), "KUBECONFIG_SHAPE"],
  [
    "a user whose fields are a text",
    kubeconfigText({ top: { users: [{ name: MARK, user: MARK }] } }),
    "KUBECONFIG_SHAPE",
  ],
  ["a current-context that is a list", kubeconfigText({ top: { "current-context": [MARK] } }), "KUBECONFIG_SHAPE"],
  ["no clusters", kubeconfigText({ top: { clusters: [] } }), "KUBECONFIG_INCOMPLETE"],
  ["no users", kubeconfigText({ top: { users: undefined } }), "KUBECONFIG_INCOMPLETE"],
  ["contexts that are null", kubeconfigText({ top: { contexts: null } }), "KUBECONFIG_INCOMPLETE"],
  ["51 contexts", kubeconfigText({ top: { contexts: named(51, "context") } }), "KUBECONFIG_TOO_MANY"],
  ["51 users", kubeconfigText({ top: { users: named(51, "user") } }), "KUBECONFIG_TOO_MANY"],
  [
    "two users of one name",
    kubeconfigText({ top: { users: [...named(1, "user"), ...named(1, "user")] } }),
    "KUBECONFIG_DUPLICATE_NAME",
  ],
  [
    "an entry without a name",
    kubeconfigText({ top: { clusters: [{ cluster: { server: MARK } }] } }),
    "KUBECONFIG_SHAPE",
  ],
  [
    "a name of two lines",
    kubeconfigText({ top: { users: [{ name: `${MARK}\n${MARK}`, user: {} }] } }),
    "KUBECONFIG_SHAPE",
  ],
  [
    "a name of a thousand letters",
    kubeconfigText({ top: { users: [{ name: MARK.repeat(125), user: {} }] } }),
    "KUBECONFIG_SHAPE",
  ],
  ["a field beside the known ones", kubeconfigText({ top: { plugins: MARK } }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  [
    "a field beside name and user",
    kubeconfigText({ top: { users: [{ name: MARK, user: {}, exec: MARK }] } }),
    "KUBECONFIG_FIELD_NOT_ALLOWED",
  ],
  ["constructor as a key", kubeconfigText({ top: { constructor: { x: MARK } } }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
  ["a field name in another case", kubeconfigText({ top: { Kind: "Config" } }), "KUBECONFIG_FIELD_NOT_ALLOWED"],
];

describe("a document whose frame is not a kubeconfig's is refused", () => {
  test.each(CASES)("%s", (_, text, code) => {
    const refusal = refusalOf(text);
    expect(refusal?.code).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain(MARK);
  });

  test("__proto__ is a field like any other that is not accepted, and changes no prototype", () => {
    const text = kubeconfigText().replace('{"apiVersion"', '{"__proto__":{"polluted":true},"apiVersion"');
    expect(refusalOf(text)?.code).toBe("KUBECONFIG_FIELD_NOT_ALLOWED");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("the refusal names where the field is", () => {
    expect(refusalOf(kubeconfigText({ top: { exec: MARK } }))?.path).toBe("exec");
    const entry = { name: MARK, user: {}, exec: MARK };
    expect(refusalOf(kubeconfigText({ top: { users: [entry] } }))?.path).toBe("users[0].exec");
  });

  test("a key that is no field name is not repeated: it may be a secret in the wrong place", () => {
    for (const key of [`eyJ${MARK}`, "hunterTwo", "plugins"]) {
      const refusal = refusalOf(kubeconfigText({ top: { [key]: 1 } }));
      expect(refusal).toMatchObject({ code: "KUBECONFIG_FIELD_NOT_ALLOWED", path: "…" });
    }
  });

  test("preferences and extensions are accepted everywhere kubectl writes them, and dropped", () => {
    const extensions = [{ name: "x", extension: { exec: { command: "sh" } } }];
    const text = kubeconfigText({
      top: { preferences: { colors: true }, extensions },
      cluster: { extensions },
      context: { extensions },
      user: { token: MARK, extensions },
    });
    expect(refusalOf(text)).toBeNull();
  });
});
