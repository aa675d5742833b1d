import { expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";

let ready: () => Promise<boolean> = async () => true;
const rest = useRest({ ready: () => ready() });
const answerOf = async (path: string) => {
  const { status, text, headers } = await rest.call("GET", path);
  expect(headers.get("content-type")).toBe("application/json");
  return [status, text];
};

test("§3.14 a server that lives says so on three addresses, whatever its database does", async () => {
  ready = async () => false;
  expect(await answerOf("/health")).toEqual([200, '{"status":"healthy"}\n']);
  expect(await answerOf("/healthz")).toEqual([200, '{"status":"healthy"}\n']);
  expect(await answerOf("/liveness")).toEqual([200, '{"status":"alive"}\n']);
});

test("§3.14 a server whose database answers is ready", async () => {
  ready = async () => true;
  expect(await answerOf("/readiness")).toEqual([
    200,
    '{"checks":{"database":"ready","k8s_client":"ready"},"status":"ready"}\n',
  ]);
});

test("one whose database does not is not, without telling why", async () => {
  const expected = [
    503,
    '{"checks":{"database":"error: the database does not answer","k8s_client":"ready"},"status":"not ready"}\n',
  ];
  ready = async () => false;
  expect(await answerOf("/readiness")).toEqual(expected);
  ready = () => Promise.reject(new Error("connect ECONNREFUSED 10.1.2.3"));
  expect(await answerOf("/readiness")).toEqual(expected);
});
