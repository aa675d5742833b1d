import { DomainError, type ErrorCode, isErrorCode } from "@flux-orchestrator/contract";
import { KeyError, SealError } from "@flux-orchestrator/db";
import { KubeconfigError, KubeError, type KubeErrorCode, remedyOf } from "@flux-orchestrator/k8s";
import type { Logger } from "./context.ts";

/** What a failure at an API server is to our clients; a new code of `k8s` does not compile until it stands here. */
const KUBE_CODES = {
  CLUSTER_UNREACHABLE: "CLUSTER_UNREACHABLE",
  CLUSTER_TIMEOUT: "CLUSTER_TIMEOUT",
  CLUSTER_TLS: "CLUSTER_TLS",
  CLUSTER_AUTH: "CLUSTER_AUTH",
  CLUSTER_FORBIDDEN: "CLUSTER_FORBIDDEN",
  CLUSTER_REDIRECT: "CLUSTER_REDIRECT",
  CLUSTER_ERROR: "CLUSTER_ERROR",
  CLUSTER_THROTTLED: "CLUSTER_THROTTLED",
  NOT_KUBERNETES: "NOT_KUBERNETES",
  OBJECT_NOT_FOUND: "OBJECT_NOT_FOUND",
  CONFLICT: "CONFLICT",
  CLUSTER_REJECTED: "CLUSTER_REJECTED",
  GONE: "CLUSTER_ERROR",
  EGRESS_DENIED: "EGRESS_DENIED",
} as const satisfies Record<KubeErrorCode, ErrorCode>;

/** Those are about the object asked for: what to do about a bad connection would mislead. */
const ABOUT_OBJECT: readonly KubeErrorCode[] = ["OBJECT_NOT_FOUND", "CONFLICT", "CLUSTER_REJECTED", "GONE"];

/** SQLSTATEs (classes 08, 53, 57P; a lock or a statement that took too long, or a deadlock) and socket errors that mean "no database just now". */
const DB_GONE = /^(08|53|57P|57014|55P03|40P01|CONNECTION_|ECONN|ENOENT|EPIPE|CONNECT_TIMEOUT)/;

/**
 * Turns whatever an operation threw into the failure its caller is told. Expected failures pass; anything unknown is
 * logged whole and becomes INTERNAL with nothing but the request id.
 */
export function toDomainError(
  error: unknown,
  call: { operation: string; requestId: string; log: Logger },
): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof KubeError) {
    const options: DomainError["options"] = { cause: error };
    if (error.retryAfterMs !== undefined) options.retryAfterMs = error.retryAfterMs;
    if (!ABOUT_OBJECT.includes(error.code)) options.hint = remedyOf(error).remedy;
    const [refused] = error.fields;
    if (refused === undefined) return new DomainError(KUBE_CODES[error.code], error.message, options);
    options.issues = [...error.fields];
    const told = `${error.message.replace(/\.$/, "")}: ${refused.path} ${refused.message}.`;
    return new DomainError(KUBE_CODES[error.code], told, options);
  }
  if (error instanceof KubeconfigError && isErrorCode(error.code)) {
    const issues =
      error.path === undefined || error.path === null ? {} : { issues: [{ path: error.path, message: error.message }] };
    return new DomainError(error.code, error.message, {
      cause: error,
      ...(error.hint === undefined || error.hint === null ? {} : { hint: error.hint }),
      ...issues,
    });
  }
  if (error instanceof SealError || error instanceof KeyError) {
    return new DomainError(
      "CREDENTIAL_LOCKED",
      "The stored credential cannot be opened with the present encryption key.",
      {
        cause: error,
        hint: "Start with the key this database was made with, or enter the credential anew.",
      },
    );
  }
  if (isDatabaseGone(error)) {
    call.log.error(
      { err: error, operation: call.operation, requestId: call.requestId },
      "the database does not answer",
    );
    return new DomainError("DB_UNAVAILABLE", "The database does not answer right now.", {
      cause: error,
      retryAfterMs: 2000,
    });
  }
  call.log.error(
    { err: error, operation: call.operation, requestId: call.requestId },
    "an operation failed unexpectedly",
  );
  return new DomainError("INTERNAL", "Something went wrong here.", {
    cause: error,
    hint: `Look for request ${call.requestId} in the server's log.`,
  });
}

function isDatabaseGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && DB_GONE.test(code);
}
