import { expect, test } from "bun:test";
import { ERROR_STATUS, type ErrorCode } from "@flux-orchestrator/contract";
import { errorOfCode } from "../src/error-of-code.ts";

const CODES = Object.keys(ERROR_STATUS) as ErrorCode[];
const nameOf = (code: ErrorCode) => errorOfCode({ code, message: "", httpStatus: ERROR_STATUS[code] }).name;

test("every code of the server says what to do, but for those a client of tRPC does not cause", () => {
  expect(CODES.filter((code) => nameOf(code) === "FluxOrchestratorError")).toEqual([
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "CONTENT_TYPE",
    "MISDIRECTED",
    "NOT_BUILT",
  ]);
});

test("only what may pass by itself is worth another try", () => {
  expect(CODES.filter((code) => nameOf(code) === "TryAgainError").sort()).toEqual([
    "AUDIT_UNAVAILABLE",
    "CLUSTER_ERROR",
    "CLUSTER_THROTTLED",
    "CLUSTER_TIMEOUT",
    "CLUSTER_UNHEALTHY",
    "CLUSTER_UNREACHABLE",
    "DB_UNAVAILABLE",
    "PROVIDER_UNREACHABLE",
    "RATE_LIMITED",
    "TOO_MANY_STREAMS",
  ]);
});

test("a conflict asks to read again, a taken name to choose another", () => {
  const codes = ["VERSION_STALE", "SUSPENDED", "LAST_ADMIN", "CLUSTER_NAME_TAKEN", "NAME_TAKEN"] as const;
  expect(codes.map(nameOf)).toEqual([
    "ConflictError",
    "ConflictError",
    "ConflictError",
    "InvalidInputError",
    "InvalidInputError",
  ]);
});
