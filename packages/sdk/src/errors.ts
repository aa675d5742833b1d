import type { ErrorBody, ErrorCode } from "@flux-orchestrator/contract";

/**
 * What the server says, or why it could not be asked.
 *
 * - `UNREACHABLE`: no answer, or one of a proxy in front of a server that is down
 * - `TIMEOUT`: no answer within `timeoutMs`; a change may have been made nonetheless
 * - `UNEXPECTED_ANSWER`: something else than a Flux Orchestrator answers at this address
 */
export type FluxOrchestratorErrorCode = ErrorCode | "UNREACHABLE" | "TIMEOUT" | "UNEXPECTED_ANSWER";

interface Facts {
  readonly code: FluxOrchestratorErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly requestId?: string | undefined;
  readonly httpStatus?: number | undefined;
  readonly issues?: ErrorBody["issues"] | undefined;
  readonly cause?: unknown;
}

/** The base of every failure of a call; the class of each says what to do about it. */
export class FluxOrchestratorError extends Error {
  override readonly name: string = "FluxOrchestratorError";
  readonly code: FluxOrchestratorErrorCode;
  /** What to do next, in a sentence. */
  readonly hint: string | undefined;
  /** Names the call in the server's log. */
  readonly requestId: string | undefined;
  /** Undefined when nothing answered. */
  readonly httpStatus: number | undefined;

  constructor(facts: Facts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.hint = facts.hint;
    this.requestId = facts.requestId;
    this.httpStatus = facts.httpStatus;
  }
}

/** The input is wrong: correct it. `issues` names the places. */
export class InvalidInputError extends FluxOrchestratorError {
  override readonly name = "InvalidInputError";
  readonly issues: NonNullable<ErrorBody["issues"]>;
  constructor(facts: Facts) {
    super(facts);
    this.issues = facts.issues ?? [];
  }
}

/** The caller, or the cluster's credential, may not do this: ask for the right. */
export class NotAllowedError extends FluxOrchestratorError {
  override readonly name = "NotAllowedError";
}

/** What was named is not there: list what is. */
export class NotFoundError extends FluxOrchestratorError {
  override readonly name = "NotFoundError";
}

/** It is in another state than the call assumed: read it again, then decide again. */
export class ConflictError extends FluxOrchestratorError {
  override readonly name = "ConflictError";
}

/** The same call may succeed later. After a `TIMEOUT` or `CLUSTER_TIMEOUT` look first whether it did. */
export class TryAgainError extends FluxOrchestratorError {
  override readonly name = "TryAgainError";
}

/** A cluster cannot be used as it is set up: see to the cluster, its address or its credential. */
export class ClusterSetupError extends FluxOrchestratorError {
  override readonly name = "ClusterSetupError";
}

/** Nothing the caller can do: report it with its `requestId`. */
export class ServerFaultError extends FluxOrchestratorError {
  override readonly name = "ServerFaultError";
}
