import { describe, expect, test } from "bun:test";
import { DomainError } from "@flux-orchestrator/contract";
import { KeyError, SealError } from "@flux-orchestrator/db";
import { KUBE_ERROR_CODES, KubeconfigError, KubeError } from "@flux-orchestrator/k8s";
import { toDomainError } from "./errors.ts";

const MARK = "q7mark5z";
const logged: object[] = [];
const log = { info() {}, warn() {}, error: (fields: object) => void logged.push(fields) };
const mapped = (error: unknown) => {
  logged.length = 0;
  return toDomainError(error, { operation: "thing.do", requestId: "request-1", log });
};
const coded = (code: string) => Object.assign(new Error(MARK), { code });
const said = (error: DomainError) => JSON.stringify([error.code, error.message, error.hint, error.options.issues]);

test("an expected failure passes as it is", () => {
  const error = new DomainError("CONFLICT", "Too late.");
  expect(mapped(error)).toBe(error);
  expect(logged).toEqual([]);
});

describe.each(KUBE_ERROR_CODES)("the cluster's %s", (code) => {
  test("keeps its sentence, its wait and its cause, and is no fault of ours to be logged", () => {
    const cause = new KubeError(code, "A sentence.", { retryAfterMs: 5000 });
    const error = mapped(cause);
    expect(error.code as string).toBe(code === "GONE" ? "CLUSTER_ERROR" : code);
    expect(error).toMatchObject({ message: "A sentence.", cause, options: { retryAfterMs: 5000 } });
    expect(logged).toEqual([]);
  });
});

test("what the cluster's connection fails of comes with what to do, and an object's own failure without", () => {
  expect(mapped(new KubeError("CLUSTER_FORBIDDEN", "A sentence.")).hint).toMatch(/^Grant the credential the right/);
  expect(mapped(new KubeError("OBJECT_NOT_FOUND", "A sentence.")).hint).toBeUndefined();
});

test("a refused kubeconfig keeps code, place and hint", () => {
  const error = mapped(
    new KubeconfigError("KUBECONFIG_TOKEN", "The token is empty.", { path: "users[0].user.token", hint: "Fill it." }),
  );
  expect(error).toMatchObject({ code: "KUBECONFIG_TOKEN", hint: "Fill it." });
  expect(error.options.issues).toEqual([{ path: "users[0].user.token", message: "The token is empty." }]);
});

test("a credential that cannot be opened says what to do about the key", () => {
  for (const cause of [new SealError("TAMPERED"), new KeyError(MARK)]) {
    const error = mapped(cause);
    expect(error.code).toBe("CREDENTIAL_LOCKED");
    expect(said(error)).not.toContain(MARK);
  }
});

test("a database that does not answer is a matter of waiting, and is logged", () => {
  const codes = [
    "08006",
    "53300",
    "57P01",
    "57014",
    "55P03",
    "40P01",
    "CONNECTION_CLOSED",
    "CONNECTION_SILENT",
    "ECONNREFUSED",
    "CONNECT_TIMEOUT",
  ];
  for (const code of codes) {
    const error = mapped(coded(code));
    expect(error).toMatchObject({ code: "DB_UNAVAILABLE", options: { retryAfterMs: 2000 } });
    expect(said(error)).not.toContain(MARK);
    expect(logged).toHaveLength(1);
  }
});

test("whatever else was thrown is logged whole and answered with the request id alone", () => {
  for (const thrown of [new Error(MARK), coded("23505"), MARK, null, undefined, { message: MARK }, 5]) {
    const error = mapped(thrown);
    expect(error.code).toBe("INTERNAL");
    expect(error.hint).toBe("Look for request request-1 in the server's log.");
    expect(said(error)).not.toContain(MARK);
    expect(logged).toEqual([{ err: thrown, operation: "thing.do", requestId: "request-1" }]);
  }
});
