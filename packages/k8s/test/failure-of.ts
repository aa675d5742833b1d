import { expect } from "bun:test";
import { KubeError } from "../src/kube-error.ts";

/** The KubeError a promise fails with; any other end fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<KubeError> {
  const thrown = await promise.then(
    (answer) => new Error(`it did not fail, but answered ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof KubeError)) throw thrown;
  expect(thrown.message).not.toBe("");
  return thrown;
}
