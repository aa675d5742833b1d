import { load, YAMLException } from "js-yaml";
import { type KubeconfigCode, KubeconfigError } from "./kubeconfig-error.ts";

const BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 20;

/**
 * A kubeconfig's text as plain values: size first, then text, then one YAML document without aliases, merge keys or tags.
 * @throws KubeconfigError; never with a part of the text, which the parser's own messages quote
 */
export function parseYaml(text: string): unknown {
  if (text.length > BYTES_MAX || Buffer.byteLength(text) > BYTES_MAX) {
    throw new KubeconfigError("KUBECONFIG_TOO_LARGE", "The kubeconfig is larger than 256 KiB.", {
      hint: "Cut it down to the contexts you want to add: kubectl config view --raw --flatten --minify --context NAME",
    });
  }
  if (text.replace(/^\uFEFF/, "").trim() === "")
    throw new KubeconfigError("KUBECONFIG_EMPTY", "The kubeconfig is empty.");
  // U+FFFD is what a decoder leaves of bytes that are not UTF-8.
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f\uFFFD]/.test(text) || !text.isWellFormed()) {
    throw new KubeconfigError("KUBECONFIG_NOT_TEXT", "The kubeconfig is not UTF-8 text.", {
      hint: "Save it as UTF-8 and try again.",
    });
  }
  try {
    return load(text, { maxAliases: 0, maxDepth: DEPTH_MAX });
  } catch (error) {
    throw toKubeconfigError(error);
  }
}

/** What the parser's reasons mean; they are matched, never shown. */
const REASONS: readonly (readonly [RegExp, KubeconfigCode, string])[] = [
  [/maxAliases|alias/i, "KUBECONFIG_ALIAS", "The kubeconfig uses YAML aliases, which are not accepted."],
  [/maxDepth|nesting/i, "KUBECONFIG_DEPTH", "The kubeconfig is nested more deeply than any kubeconfig is."],
  [/duplicated mapping key/i, "KUBECONFIG_DUPLICATE_KEY", "The kubeconfig has the same key twice in one place."],
  [/tag/i, "KUBECONFIG_TAG", "The kubeconfig uses YAML tags, which are not accepted."],
  [/single document/i, "KUBECONFIG_MULTI_DOC", "The kubeconfig has more than one YAML document."],
  [/input is empty/i, "KUBECONFIG_EMPTY", "The kubeconfig is empty."],
];

function toKubeconfigError(error: unknown): KubeconfigError {
  if (!(error instanceof YAMLException))
    return new KubeconfigError("KUBECONFIG_SYNTAX", "The kubeconfig cannot be read as YAML.");
  const reason = String(error.reason ?? "");
  const known = REASONS.find(([pattern]) => pattern.test(reason));
  const line = (error.mark as { line?: number } | undefined)?.line;
  const where = typeof line === "number" ? ` (line ${line + 1})` : "";
  if (known === undefined) return new KubeconfigError("KUBECONFIG_SYNTAX", `The kubeconfig is not valid YAML${where}.`);
  return new KubeconfigError(known[1], known[2].replace(/\.$/, `${where}.`));
}
