import { errorOfCode } from "./error-of-code.ts";
import type { FluxOrchestratorError, FluxOrchestratorErrorCode } from "./errors.ts";

/** What proxies answer while the server behind them is down. */
const GATEWAY_STATUS: ReadonlySet<number> = new Set([502, 503, 504]);

/** Reads an error out of the body of an answer: tRPC's `{ error: { message, data } }`, or `{ error, code, hint }`. */
export function errorOfAnswer(body: unknown, httpStatus: number | undefined, cause?: unknown): FluxOrchestratorError {
  const outer = recordOf(body);
  const shape = recordOf(outer["error"]);
  const facts = Object.keys(shape).length > 0 ? recordOf(shape["data"]) : outer;
  const code = textOf(facts["code"]);
  if (code === undefined) return errorOfStranger(httpStatus, cause);
  return errorOfCode({
    // A newer server may know codes that this version does not.
    code: code as FluxOrchestratorErrorCode,
    message: textOf(shape["message"]) ?? textOf(outer["error"]) ?? code,
    hint: textOf(facts["hint"]),
    requestId: textOf(facts["requestId"]),
    httpStatus: typeof facts["httpStatus"] === "number" ? facts["httpStatus"] : httpStatus,
    issues: Array.isArray(facts["issues"]) ? facts["issues"] : undefined,
    cause,
  });
}

/** Something answered, but not a Flux Orchestrator. */
function errorOfStranger(httpStatus: number | undefined, cause: unknown): FluxOrchestratorError {
  if (httpStatus !== undefined && GATEWAY_STATUS.has(httpStatus))
    return errorOfCode({
      code: "UNREACHABLE",
      message: `A proxy answers ${httpStatus}: the Flux Orchestrator behind it does not.`,
      hint: "Check that the server runs, then try again.",
      httpStatus,
      cause,
    });
  return errorOfCode({
    code: "UNEXPECTED_ANSWER",
    message: "What answers at this address is not a Flux Orchestrator of a version this client understands.",
    hint: "Check the url given to createClient; a sign-in page of a proxy is a common cause.",
    httpStatus,
    cause,
  });
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
