import { ERROR_STATUS, type ErrorBody, type ErrorCode, usualHint } from "@flux-orchestrator/contract";

/** An answer of the server itself, before any operation runs. */
export function errorResponse(
  code: ErrorCode,
  message: string,
  more: Pick<ErrorBody, "hint" | "requestId"> = {},
): Response {
  const body: ErrorBody = { error: message, code, hint: usualHint(code), ...more };
  return Response.json(body, { status: ERROR_STATUS[code] });
}
