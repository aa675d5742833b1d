import { type DomainError, ERROR_STATUS, type ErrorBody, type ErrorCode, v1Status } from "@flux-orchestrator/contract";

/** How a failed request is answered. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** What to do next, for failures that do not say it themselves; a new status does not compile until it stands here. */
const HINTS = {
  400: "Correct the request and send it again.",
  401: "Log in.",
  403: "Ask whoever administers Flux Orchestrator, or the cluster, for the right to do this.",
  404: "Check the address; list what there is to find the right one.",
  405: "The Allow header names the methods of this address.",
  406: "Accept zstd, gzip or identity.",
  409: "Read the present state, then decide again.",
  413: "Send less.",
  415: "Send the header Content-Type: application/json.",
  421: "Use the address this server was started for.",
  422: "Correct the request and send it again.",
  429: "Wait as long as the Retry-After header says, then try again.",
  500: "Look in the server's log.",
  501: "Use a version that can do it, or another way.",
  502: "Check whether the cluster can be reached and its credential is still good, then try again.",
  503: "Try again a little later.",
  504: "Try again; the cluster may have acted nonetheless.",
} as const satisfies Record<(typeof ERROR_STATUS)[ErrorCode], string>;

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

/** What to do next when a failure of this code says nothing else. */
export const usualHint = (code: ErrorCode): string => HINTS[ERROR_STATUS[code]];

function headersOf({ options: { retryAfterMs } }: DomainError): Record<string, string> {
  // Whole seconds, rounded up: coming back early would be refused again.
  return retryAfterMs === undefined ? {} : { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
