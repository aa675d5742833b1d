import { type DomainError, type ErrorBody, type ErrorCode, usualHint, v1Status } from "@flux-orchestrator/contract";

/** How a failed request is answered. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** Sentences that clients of REST v1 look into: its dashboard searches a refusal of Kubernetes for "forbidden". */
const V1_SENTENCES: Partial<Record<ErrorCode, string>> = {
  CLUSTER_FORBIDDEN: "The cluster answered forbidden: its credential may not do this.",
};

/** The answer on the paths of REST v1: invalid input is 400, and the body has exactly `error`, `code` and `hint`. */
export function v1ErrorAnswer(error: DomainError): ErrorAnswer {
  return {
    status: v1Status(error.code),
    headers: headersOf(error),
    body: { error: V1_SENTENCES[error.code] ?? error.message, code: error.code, hint: hintOf(error) },
  };
}

const hintOf = (error: DomainError): string => error.hint ?? usualHint(error.code);

const headersOf = ({ retryAfterMs }: DomainError): Record<string, string> =>
  retryAfterMs === undefined ? {} : retryAfterHeader(retryAfterMs);

/** Whole seconds, rounded up: coming back early would be refused again. */
export const retryAfterHeader = (ms: number): Record<string, string> => ({
  "Retry-After": String(Math.max(1, Math.ceil(ms / 1000))),
});
