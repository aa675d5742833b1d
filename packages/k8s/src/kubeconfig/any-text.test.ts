import { expect, test } from "bun:test";
import { isRecord } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { kubeconfigText, MARK, refusalOf } from "../../test/kubeconfig-text.ts";

/** The same texts in every run; another seed is another test. */
const SEED = 20_260_101;
/** Thousands of runs: a second on a quiet machine. */
const PATIENCE_MS = 60_000;

/** `refusalOf` lets everything through that is no KubeconfigError, so that reaching the end is the first half of the promise. */
const saysNothingOf = (text: string) => expect(JSON.stringify(refusalOf(text))).not.toContain(MARK);

test(
  "no text at all throws anything but a KubeconfigError, nor is it repeated",
  () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        MARK,
        "\n",
        "\n  ",
        "- ",
        ": ",
        "&a ",
        "*a",
        "!!str ",
        "<<: ",
        "---\n",
        "|\n",
        ">-\n",
        "{",
        "}",
        "[",
        "]",
      ),
      fc.constantFrom(
        "clusters",
        "users",
        "contexts",
        "cluster",
        "user",
        "server",
        "token",
        "exec",
        '"',
        "'",
        "# ",
        "? ",
        "%TAG ",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => saysNothingOf(`${MARK}${pieces.join("")}`)),
      { seed: SEED, numRuns: 3_000 },
    );
  },
  PATIENCE_MS,
);

test(
  "a good kubeconfig that is damaged anywhere throws nothing else either, nor is it repeated",
  () => {
    const yaml = Bun.YAML.stringify(JSON.parse(kubeconfigText()), null, 2)!;
    const damage = fc.tuple(
      fc.nat(yaml.length),
      fc.nat(20),
      fc.oneof(fc.string(), fc.constantFrom("\n", ":", "&x ", "*x", "\t", MARK)),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        let text = yaml;
        for (const [at, removed, inserted] of damages) text = text.slice(0, at) + inserted + text.slice(at + removed);
        saysNothingOf(text);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  },
  PATIENCE_MS,
);

test(
  "any JSON in any place throws nothing else either, nor is it repeated",
  () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json) => [MARK, json]);
    const any = fc.oneof(value, fc.jsonValue(), fc.constant(MARK));
    const place = fc.constantFrom("cluster", "user", "context", "top");
    const field = fc.constantFrom(
      ...["server", "certificate-authority-data", "tls-server-name", "insecure-skip-tls-verify", "proxy-url"],
      ...[
        "token",
        "client-certificate-data",
        "client-key-data",
        "username",
        "password",
        "namespace",
        "cluster",
        "user",
      ],
      ...["clusters", "users", "contexts", "current-context", "kind", "apiVersion", "extensions", "preferences"],
    );
    fc.assert(
      fc.property(place, field, any, (where, name, given) =>
        saysNothingOf(kubeconfigText({ [where]: { [name]: given } })),
      ),
      { seed: SEED, numRuns: 3_000 },
    );
  },
  PATIENCE_MS,
);

test(
  "a field nobody knows, at any node that is not free-form, is refused by its path",
  () => {
    const nodes = [
      "",
      "clusters[0]",
      "clusters[0].cluster",
      "users[0]",
      "users[0].user",
      "contexts[0]",
      "contexts[0].context",
    ];
    // Capitals in front: no field of a kubeconfig begins with one.
    const name = fc.stringMatching(/^[A-Z][A-Za-z]{0,20}$/);
    fc.assert(
      fc.property(fc.constantFrom(...nodes), name, (node, stranger) => {
        const document: unknown = JSON.parse(kubeconfigText());
        let at = document;
        for (const [, key = "", index] of node.matchAll(/(\w+)(?:\[(\d+)\])?/g)) {
          if (isRecord(at)) at = at[key];
          if (index !== undefined && Array.isArray(at)) at = at[Number(index)];
        }
        Object.assign(at as object, { [stranger]: MARK });
        const refusal = refusalOf(JSON.stringify(document));
        expect(refusal?.code).toBe("KUBECONFIG_FIELD_NOT_ALLOWED");
        // Where it is, not what it is called: a key in the wrong place may be a secret.
        expect(refusal?.message).toContain([node, "…"].filter(Boolean).join("."));
        expect(refusal?.message).not.toMatch(new RegExp(`\\b${stranger}\\b(?!\\.)`));
      }),
      { seed: SEED, numRuns: 500 },
    );
  },
  PATIENCE_MS,
);
