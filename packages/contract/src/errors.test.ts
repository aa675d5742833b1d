import { expect, test } from "bun:test";
import { ERROR_STATUS, type ErrorCode, v1Status } from "./errors.ts";

test("invalid input is 422 on new endpoints and 400 on the paths of REST v1", () => {
  for (const code of ["INPUT_INVALID", "NAME", "KUBECONFIG_SYNTAX", "EGRESS_DENIED", "SETTING"] as ErrorCode[]) {
    expect(ERROR_STATUS[code]).toBe(422);
    expect(v1Status(code)).toBe(400);
  }
});

test("what a cluster refuses, and a key of another request, keep their 422 on REST v1", () => {
  for (const code of ["CLUSTER_REJECTED", "DURATION", "SOURCE_URL"] as ErrorCode[]) expect(v1Status(code)).toBe(422);
  expect(v1Status("IDEMPOTENCY_KEY_REUSED")).toBe(422);
});

test("every other code travels under the same status on both", () => {
  const others = (Object.keys(ERROR_STATUS) as ErrorCode[]).filter((code) => ERROR_STATUS[code] !== 422);
  for (const code of others) expect(v1Status(code)).toBe(ERROR_STATUS[code]);
});
