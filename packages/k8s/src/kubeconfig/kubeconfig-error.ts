/** Why a kubeconfig is refused, closed. The server's error table maps each. */
export const KUBECONFIG_CODES = [
  "KUBECONFIG_EMPTY",
  "KUBECONFIG_TOO_LARGE",
  "KUBECONFIG_NOT_TEXT",
  "KUBECONFIG_SYNTAX",
  "KUBECONFIG_SHAPE",
  "KUBECONFIG_MULTI_DOC",
  "KUBECONFIG_ALIAS",
  "KUBECONFIG_TAG",
  "KUBECONFIG_DEPTH",
  "KUBECONFIG_DUPLICATE_KEY",
  "KUBECONFIG_DUPLICATE_NAME",
  "KUBECONFIG_FIELD_NOT_ALLOWED",
  "KUBECONFIG_INCOMPLETE",
  "KUBECONFIG_CONTEXT_UNKNOWN",
  "KUBECONFIG_REFERENCE",
  "KUBECONFIG_TOO_MANY",
  "KUBECONFIG_CA",
  "KUBECONFIG_CLIENT_CERT",
  "KUBECONFIG_TOKEN",
  "KUBECONFIG_BASIC",
  "KUBECONFIG_NO_CREDENTIAL",
  "KUBECONFIG_CONFLICT",
  "KUBECONFIG_SNI",
  "KUBECONFIG_NAMESPACE",
  "TLS_VERIFY_REQUIRED",
  "PROXY_URL",
  "SERVER_URL_SCHEME",
  "SERVER_URL_HOST",
  "SERVER_URL_PORT",
  "SERVER_URL_PATH",
  "SERVER_URL_USERINFO",
  "SERVER_URL_FORM",
] as const;
export type KubeconfigCode = (typeof KUBECONFIG_CODES)[number];

/** A refused kubeconfig. Message and hint are ours; neither they nor the path hold anything of a value. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
  constructor(
    readonly code: KubeconfigCode,
    message: string,
    readonly options: {
      /** Where, as `users[0].user.exec`. */
      path?: string;
      /** What to do instead. */
      hint?: string;
    } = {},
  ) {
    super(message);
  }
  get path(): string | undefined {
    return this.options.path;
  }
  get hint(): string | undefined {
    return this.options.hint;
  }
}
