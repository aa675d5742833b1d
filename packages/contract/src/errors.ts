import { z } from "zod";

/**
 * Every code a client can meet, with the HTTP status it travels under. Closed: a new code does not compile until
 * it has a status here, and clients may switch over it.
 */
export const ERROR_STATUS = {
  BODY_SYNTAX: 400,
  INPUT_INVALID: 422,
  CURSOR: 400,
  IDEMPOTENCY_KEY: 400,
  KIND_NOT_SUPPORTED: 422,
  KIND_AMBIGUOUS: 422,
  NAME: 422,
  MASKED_VALUE: 422,
  REPLICAS: 422,
  NOT_SCALABLE: 422,
  TAIL: 422,
  CLUSTER_REQUIRED: 422,
  KUBECONFIG_EMPTY: 422,
  KUBECONFIG_TOO_LARGE: 413,
  KUBECONFIG_NOT_TEXT: 422,
  KUBECONFIG_SYNTAX: 422,
  KUBECONFIG_SHAPE: 422,
  KUBECONFIG_MULTI_DOC: 422,
  KUBECONFIG_ALIAS: 422,
  KUBECONFIG_TAG: 422,
  KUBECONFIG_DEPTH: 422,
  KUBECONFIG_DUPLICATE_KEY: 422,
  KUBECONFIG_DUPLICATE_NAME: 422,
  KUBECONFIG_FIELD_NOT_ALLOWED: 422,
  KUBECONFIG_INCOMPLETE: 422,
  KUBECONFIG_CONTEXT_REQUIRED: 422,
  KUBECONFIG_CONTEXT_UNKNOWN: 422,
  KUBECONFIG_REFERENCE: 422,
  KUBECONFIG_TOO_MANY: 422,
  KUBECONFIG_CA: 422,
  KUBECONFIG_CLIENT_CERT: 422,
  KUBECONFIG_TOKEN: 422,
  KUBECONFIG_BASIC: 422,
  KUBECONFIG_NO_CREDENTIAL: 422,
  KUBECONFIG_CONFLICT: 422,
  KUBECONFIG_SNI: 422,
  KUBECONFIG_NAMESPACE: 422,
  KUBECONFIG_CHANGED: 409,
  TLS_VERIFY_REQUIRED: 422,
  PROXY_URL: 422,
  SERVER_URL_SCHEME: 422,
  SERVER_URL_HOST: 422,
  SERVER_URL_PORT: 422,
  SERVER_URL_PATH: 422,
  SERVER_URL_USERINFO: 422,
  SERVER_URL_FORM: 422,
  EGRESS_DENIED: 422,
  EXEC_CODE_REQUIRED: 403,
  EXEC_CODE_WRONG: 403,
  EXEC_FAILED: 502,
  LOCAL_ONLY: 403,
  CLUSTER_NAME: 422,
  LABELS: 422,
  INTERVAL: 422,
  DURATION: 422,
  SOURCE_URL: 422,
  SETTING: 422,
  TOKEN_EXPIRY: 422,
  PROVIDER_REFUSED: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BUILT_IN_ROLE: 403,
  CSRF: 403,
  CLUSTER_FORBIDDEN: 403,
  NOT_FOUND: 404,
  CLUSTER_NOT_FOUND: 404,
  OBJECT_NOT_FOUND: 404,
  KIND_NOT_SERVED: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  CLUSTER_NAME_TAKEN: 409,
  NAME_TAKEN: 409,
  LAST_ADMIN: 409,
  SUSPENDED: 409,
  STATIC_KIND: 409,
  ALREADY_DONE: 409,
  SELECTION_CHANGED: 409,
  ROLLOUT_PAUSED: 409,
  HPA_OWNS: 409,
  CONFLICT: 409,
  VERSION_STALE: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  IDEMPOTENCY_INTERRUPTED: 409,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE: 415,
  MISDIRECTED: 421,
  CLUSTER_REJECTED: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  NOT_BUILT: 501,
  CLUSTER_ERROR: 502,
  CLUSTER_UNREACHABLE: 502,
  CLUSTER_AUTH: 502,
  CLUSTER_TLS: 502,
  CLUSTER_REDIRECT: 502,
  NOT_KUBERNETES: 502,
  PROVIDER_UNREACHABLE: 502,
  CREDENTIAL_LOCKED: 503,
  AUDIT_UNAVAILABLE: 503,
  DB_UNAVAILABLE: 503,
  CLUSTER_UNHEALTHY: 503,
  CLUSTER_THROTTLED: 503,
  TOO_MANY_STREAMS: 503,
  CLUSTER_TIMEOUT: 504,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_STATUS;
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_STATUS, code);

type CodeOf<Status extends number> = {
  [Code in ErrorCode]: (typeof ERROR_STATUS)[Code] extends Status ? Code : never;
}[ErrorCode];

/**
 * Milliseconds after which trying again makes sense, where the failure itself does not say; null: it does not pass by
 * itself. A code that says of something that it is busy or not to be had does not compile until it stands here.
 */
const USUAL_RETRY_MS = {
  RATE_LIMITED: 5_000,
  TOO_MANY_STREAMS: 5_000,
  DB_UNAVAILABLE: 2_000,
  AUDIT_UNAVAILABLE: 2_000,
  CLUSTER_THROTTLED: 5_000,
  CLUSTER_UNHEALTHY: 30_000,
  CLUSTER_UNREACHABLE: 10_000,
  CLUSTER_TIMEOUT: 10_000,
  CLUSTER_ERROR: 10_000,
  PROVIDER_UNREACHABLE: 10_000,
  CREDENTIAL_LOCKED: null,
  CLUSTER_AUTH: null,
  CLUSTER_TLS: null,
  CLUSTER_REDIRECT: null,
  NOT_KUBERNETES: null,
  EXEC_FAILED: null,
} as const satisfies Record<CodeOf<429 | 502 | 503 | 504>, number | null>;
const usualRetryMs: Partial<Record<ErrorCode, number | null>> = USUAL_RETRY_MS;

/** 422 everywhere: not faults of the request's form, but the cluster's own refusal or ours in its place, and what its draft standard says. */
const UNPROCESSABLE: readonly ErrorCode[] = ["CLUSTER_REJECTED", "DURATION", "SOURCE_URL", "IDEMPOTENCY_KEY_REUSED"];

/** The status of a code on the 66 paths of REST v1, whose clients know invalid input as 400. */
export function v1Status(code: ErrorCode): number {
  const status = ERROR_STATUS[code];
  return status === 422 && !UNPROCESSABLE.includes(code) ? 400 : status;
}

/** What every failed call answers: `error` for people, `code` for programs, `hint` what to do next. Never upstream text. */
export const ErrorBody = z.object({
  error: z.string(),
  code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
  hint: z.string().optional(),
  requestId: z.string().optional(),
  /** Offending places of an invalid input: a path and a sentence, never the value. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/**
 * The base of every expected failure. `message` is ours and safe to show; `cause` is logged and never leaves the process.
 */
export class DomainError extends Error {
  override readonly name: string = "DomainError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: {
      hint?: string;
      cause?: unknown;
      issues?: { path: string; message: string }[];
      /** Milliseconds after which trying again makes sense, where that is known better than usually. */
      retryAfterMs?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
  get status(): number {
    return ERROR_STATUS[this.code];
  }
  get hint(): string | undefined {
    return this.options.hint;
  }
  /** Milliseconds after which trying again makes sense; undefined where it does not, or nobody knows. */
  get retryAfterMs(): number | undefined {
    return this.options.retryAfterMs ?? usualRetryMs[this.code] ?? undefined;
  }
}
