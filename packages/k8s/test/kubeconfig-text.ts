import { KubeconfigError } from "../src/kubeconfig/kubeconfig-error.ts";
import { parseKubeconfig } from "../src/kubeconfig/parse-kubeconfig.ts";

/** Stands in every value of a test's kubeconfig; nothing that is said about the text may hold it. */
export const MARK = "q7mark5z";

type Fields = Record<string, unknown>;

/** A kubeconfig of one context as text, everything in it marked; `undefined` leaves a field out. */
export function kubeconfigText(
  fields: { cluster?: Fields; user?: Fields; context?: Fields; top?: Fields } = {},
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": `${MARK}-context`,
    clusters: [{ name: `${MARK}-cluster`, cluster: { server: `https://${MARK}.example:6443`, ...fields.cluster } }],
    users: [{ name: `${MARK}-user`, user: fields.user ?? { token: `${MARK}-token` } }],
    contexts: [
      {
        name: `${MARK}-context`,
        context: { cluster: `${MARK}-cluster`, user: `${MARK}-user`, namespace: `${MARK}-ns`, ...fields.context },
      },
    ],
    ...fields.top,
  });
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Why a text is refused, whether as a whole or its only context; null when it is accepted. */
export function refusalOf(
  text: string,
  allowInsecureTls = false,
): { code: string; message: string; hint?: string | undefined; path?: string | undefined } | null {
  try {
    const { contexts } = parseKubeconfig(text, { mode: "pasted", allowInsecureTls });
    return contexts[0]?.refusal ?? null;
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    const { code, message, hint, path } = error;
    return { code, message, hint, path };
  }
}

/** One line per case: what is wrong, the text, the code. */
export type RefusedCase = readonly [what: string, text: string, code: string];
