import { isTRPCClientError } from "@trpc/client";
import { errorOfAnswer } from "./error-of-answer.ts";
import { errorOfCode } from "./error-of-code.ts";
import { FluxOrchestratorError } from "./errors.ts";

/** Turns whatever tRPC's client threw into the one error that callers know. */
export function errorOfFailure(thrown: unknown): FluxOrchestratorError {
  if (thrown instanceof FluxOrchestratorError) return thrown;
  if (!isTRPCClientError(thrown)) return unreachable(thrown);
  if (thrown.cause instanceof FluxOrchestratorError) return thrown.cause;
  const response = thrown.meta?.["response"];
  const httpStatus = response instanceof Response ? response.status : undefined;
  if (thrown.shape != null) return errorOfAnswer({ error: thrown.shape }, httpStatus, thrown);
  if (httpStatus !== undefined) return errorOfAnswer(thrown.meta?.["responseJSON"], httpStatus, thrown);
  return unreachable(thrown.cause ?? thrown);
}

function unreachable(cause: unknown): FluxOrchestratorError {
  return errorOfCode({
    code: "UNREACHABLE",
    message: "The Flux Orchestrator does not answer.",
    hint: "Check the url given to createClient and that the server runs, then try again.",
    cause,
  });
}
