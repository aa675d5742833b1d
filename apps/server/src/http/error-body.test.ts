import { expect, test } from "bun:test";
import { DomainError, ERROR_STATUS, type ErrorCode } from "@flux-orchestrator/contract";
import { v1ErrorAnswer } from "./error-body.ts";

const CODES = Object.keys(ERROR_STATUS) as ErrorCode[];

test("every failure says what went wrong, its code and what to do, and nothing else", () => {
  for (const code of CODES) {
    const error = new DomainError(code, "It did not work.", { cause: new Error("upstream"), issues: [] });
    const { body } = v1ErrorAnswer(error);
    expect(Object.keys(body)).toEqual(["error", "code", "hint"]);
    expect(body.hint).toMatch(/\.$/);
    expect(JSON.stringify(body)).not.toContain("upstream");
  }
});

test("REST v1 never answers 422 but for what the cluster itself refused, or would, and a key of another request", () => {
  const unprocessable = CODES.filter((code) => v1ErrorAnswer(new DomainError(code, "x")).status === 422);
  expect(unprocessable.toSorted()).toEqual(["CLUSTER_REJECTED", "DURATION", "IDEMPOTENCY_KEY_REUSED", "SOURCE_URL"]);
});

test("a hint of the failure's own stands before the general one", () => {
  expect(v1ErrorAnswer(new DomainError("SUSPENDED", "x", { hint: "Resume it." })).body.hint).toBe("Resume it.");
});

test("a refusal by Kubernetes is called forbidden, which clients look for", () => {
  const error = new DomainError("CLUSTER_FORBIDDEN", "The credential may not do this on the cluster.");
  expect(v1ErrorAnswer(error).body.error).toContain("forbidden");
});

test("whatever is busy, or not to be had just now, says when to come back; what does not pass by itself does not", () => {
  const told = CODES.filter((code) => v1ErrorAnswer(new DomainError(code, "x")).headers["Retry-After"] !== undefined);
  expect(told.sort()).toEqual([
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
  const busy = CODES.filter((code) => ERROR_STATUS[code] === 429 || ERROR_STATUS[code] === 503);
  expect(busy.filter((code) => !told.includes(code))).toEqual(["CREDENTIAL_LOCKED"]);
});

test("when to come back is told in whole seconds, rounded up", () => {
  const seconds = (retryAfterMs: number) =>
    v1ErrorAnswer(new DomainError("CLUSTER_THROTTLED", "x", { retryAfterMs })).headers["Retry-After"];
  expect([1, 999, 1000, 1001, 90_000].map(seconds)).toEqual(["1", "1", "1", "2", "90"]);
  expect(v1ErrorAnswer(new DomainError("INTERNAL", "x")).headers).toEqual({});
});
