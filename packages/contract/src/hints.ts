import { ERROR_STATUS, type ErrorCode } from "./errors.ts";

/** What to do next, by status; a new status does not compile until it stands here. */
const OF_STATUS = {
  400: "Correct the request and send it again.",
  401: "Log in.",
  403: "Ask whoever administers Flux Orchestrator, or the cluster, for the right to do this.",
  404: "Check the address; list what there is to find the right one.",
  405: "The Allow header names the methods of this address.",
  406: "Accept zstd, gzip or identity.",
  409: "Read the present state, then decide again.",
  412: "Read the present state, then decide again.",
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

/** What to do next when a failure of this code says nothing else: every door tells it. */
export const usualHint = (code: ErrorCode): string => OF_STATUS[ERROR_STATUS[code]];
