/** A failed call as the page shows it: what happened, what to do, and the id an operator finds in the log. */
export interface Failure {
  message: string;
  hint: string | null;
  code: string;
  requestId: string | null;
  issues: { path: string; message: string }[];
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/**
 * Reads the server's error body out of whatever the client threw: tRPC keeps it in `shape` and `data`, and a server
 * that did not answer leaves only a network error.
 */
export function failureOf(error: unknown): Failure {
  const thrown = record(error);
  const shape = record(thrown["shape"]);
  const facts: Record<string, unknown> = { ...record(shape["data"]), ...record(thrown["data"]) };
  const body: Record<string, unknown> = { ...facts, ...record(facts["body"]), ...record(facts["error"]) };
  const answered = Object.keys(facts).length > 0 || Object.keys(shape).length > 0;
  if (!answered) {
    return {
      message: "The server did not answer.",
      hint: "Watches go on there; nothing is lost. Check that it still runs.",
      code: "UNREACHABLE",
      requestId: null,
      issues: [],
    };
  }
  return {
    message:
      text(body["message"]) ?? text(shape["message"]) ?? text(thrown["message"]) ?? "The server could not answer.",
    hint: text(body["hint"]),
    code: text(body["errorCode"]) ?? text(body["domainCode"]) ?? text(body["code"]) ?? "INTERNAL",
    requestId: text(body["requestId"]),
    issues: Array.isArray(body["issues"]) ? (body["issues"] as Failure["issues"]) : [],
  };
}

/** Whether a failure means that the thing asked for is not there. */
export const isMissing = (failure: Failure): boolean =>
  ["NOT_FOUND", "CLUSTER_NOT_FOUND", "OBJECT_NOT_FOUND", "KIND_NOT_SERVED"].includes(failure.code);
