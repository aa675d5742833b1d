import { describe, expect, test } from "bun:test";
import { freePorts } from "@flux-orchestrator/testing";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { CLUSTER, expectShape, FAILURE, MESSAGE } from "./test-shapes.ts";

const rest = useRest();
const nowhere = async () => kubeconfigOf(`https://127.0.0.1:${(await freePorts(1))[0]}`);
const add = async (name: string, more: object = {}) =>
  (await rest.call("POST", "/api/v1/clusters", { name, kubeconfig: await nowhere(), ...more })).json;
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
/** Everything that a refused request must leave as it is. */
const everything = async () =>
  rest.database.sql`
    select (select json_agg(c order by c.id) from (select id, name, description, server, is_favorite, deleted_at, updated_at,
      health_check_interval_seconds from clusters) c) as clusters, (select json_agg(s order by s.cluster_id) from cluster_credentials s) as sealed`;

describe("a cluster that cannot be reached", () => {
  test("§3.1 2 is registered nonetheless, and says so", async () => {
    const answer = await rest.call("POST", "/api/v1/clusters", {
      name: "dead",
      description: "Nobody <there> & never was",
      kubeconfig: await nowhere(),
    });
    expect(answer.status).toBe(201);
    expectShape(answer.json, CLUSTER);
    expect(answer.json).toMatchObject({
      name: "dead",
      description: "Nobody <there> & never was",
      status: "unhealthy",
      source: "manual",
      source_id: "",
      is_favorite: false,
      health_check_interval: 300,
      resource_count: 0,
    });
    expect(answer.text).toContain('"Nobody \\u003cthere\\u003e \\u0026 never was"');
    expect(answer.text).not.toContain("a-token-that-opens-nothing");
  });

  test("§3.1 6 answers its health check with 503", async () => {
    const { id } = await add("sick");
    const answer = await rest.call("GET", `/api/v1/clusters/${id}/health`);
    expect(answer.status).toBe(503);
    expectShape(answer.json, FAILURE);
    expect(answer.json.code).toBe("CLUSTER_UNHEALTHY");
  });

  test("§3.1 7 cannot be synced, which is the cluster's failure and not ours", async () => {
    const { id } = await add("unsynced");
    const answer = await rest.call("POST", `/api/v1/clusters/${id}/sync`);
    expect([answer.status, answer.json.code]).toEqual([502, "CLUSTER_UNREACHABLE"]);
    expectShape(answer.json, FAILURE);
  });
});

test("§3.1 1 the list is a bare array, newest first, with stored values", async () => {
  const [older, newer] = [await add("older"), await add("newer")];
  await rest.call("POST", `/api/v1/clusters/${newer.id}/favorite`);
  const answer = await rest.call("GET", "/api/v1/clusters");
  expect(answer.status).toBe(200);
  for (const cluster of answer.json) expectShape(cluster, CLUSTER);
  const ids = answer.json.map((cluster: { id: string }) => cluster.id);
  expect(ids.slice(0, 2)).toEqual([newer.id, older.id]);
  expect(answer.json[0].is_favorite).toBe(true);
});

test("§3.1 8 a favourite is flipped each time, and the whole cluster comes back", async () => {
  const { id } = await add("loved");
  for (const is_favorite of [true, false]) {
    const answer = await rest.call("POST", `/api/v1/clusters/${id}/favorite`);
    expect(answer.status).toBe(200);
    expectShape(answer.json, CLUSTER);
    expect(answer.json).toMatchObject({ id, is_favorite });
  }
});

describe("updating a cluster", () => {
  test("§3.1 3, 4 changes what is given; empty, null and unknown fields change nothing", async () => {
    const before = await add("first name", { description: "kept" });
    const answer = await rest.call("PUT", `/api/v1/clusters/${before.id}`, {
      Name: "second name",
      description: "",
      kubeconfig: null,
      HEALTH_CHECK_INTERVAL: 60,
      slug: "other",
      status: "healthy",
    });
    expect(answer.status).toBe(200);
    expectShape(answer.json, MESSAGE);
    const after = (await rest.call("GET", `/api/v1/clusters/${before.id}`)).json;
    expectShape(after, CLUSTER);
    expect({ ...after, updated_at: "" }).toEqual({
      ...before,
      name: "second name",
      health_check_interval: 60,
      updated_at: "",
    });
  });

  test("with nothing to change still moves updated_at", async () => {
    const before = await add("untouched");
    for (const body of ["{}", "null"])
      expect((await rest.call("PUT", `/api/v1/clusters/${before.id}`, body)).status).toBe(200);
    const after = (await rest.call("GET", `/api/v1/clusters/${before.id}`)).json;
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
    expect({ ...after, updated_at: "" }).toEqual({ ...before, updated_at: "" });
  });

  test("with a new kubeconfig replaces the stored credential", async () => {
    const { id } = await add("moved");
    const [port] = await freePorts(1);
    const kubeconfig = kubeconfigOf(`https://127.0.0.1:${port}`);
    expect((await rest.call("PUT", `/api/v1/clusters/${id}`, { kubeconfig })).status).toBe(200);
    const [row] = await rest.database.sql`select server from clusters where id = ${id}`;
    expect(row?.["server"]).toContain(String(port));
  });
});

test("§3.1 5 a removed cluster is gone at once, and its activities stay", async () => {
  const { id } = await add("going");
  const answer = await rest.call("DELETE", `/api/v1/clusters/${id}`);
  expect(answer.status).toBe(200);
  expectShape(answer.json, MESSAGE);
  expect((await rest.call("GET", `/api/v1/clusters/${id}`)).status).toBe(404);
  expect((await rest.call("DELETE", `/api/v1/clusters/${id}`)).status).toBe(404);
  const activities = (await rest.call("GET", `/api/v1/activities?cluster_id=${id}`)).json;
  expect(activities.map(({ action }: { action: string }) => action)).toEqual(["delete", "create"]);
});

describe("what cannot be done is refused and changes nothing", () => {
  const good = kubeconfigOf("https://127.0.0.1:1");
  const bad: [why: string, method: string, path: string, body: unknown, status: number, code: string][] = [
    ["no body", "POST", "", undefined, 400, "BODY_SYNTAX"],
    ["no JSON", "POST", "", "{not json", 400, "BODY_SYNTAX"],
    ["an array", "POST", "", "[]", 400, "BODY_SYNTAX"],
    ["a text", "POST", "", '"x"', 400, "BODY_SYNTAX"],
    ["null, which is empty", "POST", "", "null", 400, "CLUSTER_NAME"],
    ["no name", "POST", "", { kubeconfig: good }, 400, "CLUSTER_NAME"],
    ["a blank name", "POST", "", { name: "  ", kubeconfig: good }, 400, "CLUSTER_NAME"],
    ["a name of the wrong type", "POST", "", { name: 1, kubeconfig: good }, 400, "INPUT_INVALID"],
    ["no kubeconfig", "POST", "", { name: "x" }, 400, "KUBECONFIG_EMPTY"],
    ["a broken kubeconfig", "POST", "", { name: "x", kubeconfig: "not: [yaml" }, 400, "KUBECONFIG_SYNTAX"],
    ["a list as kubeconfig", "POST", "", { name: "x", kubeconfig: [good] }, 400, "INPUT_INVALID"],
    ["a NUL", "POST", "", { name: "x", description: "a\0b", kubeconfig: good }, 400, "INPUT_INVALID"],
    ["a taken name", "POST", "", { name: "TAKEN", kubeconfig: good }, 409, "CLUSTER_NAME_TAKEN"],
    ["an unknown id", "PUT", `/${UNKNOWN}`, { name: "y" }, 404, "CLUSTER_NOT_FOUND"],
    ["no id at all", "PUT", "/nope", { name: "y" }, 404, "CLUSTER_NOT_FOUND"],
    ["a fraction", "PUT", "/taken", { health_check_interval: 1.5 }, 400, "INPUT_INVALID"],
    ["a number as text", "PUT", "/taken", { health_check_interval: "60" }, 400, "INPUT_INVALID"],
    ["zero seconds", "PUT", "/taken", { health_check_interval: 0 }, 400, "INTERVAL"],
    ["no body", "PUT", "/taken", undefined, 400, "BODY_SYNTAX"],
    ["a broken kubeconfig", "PUT", "/taken", { kubeconfig: "{" }, 400, "KUBECONFIG_SYNTAX"],
    ["an unknown id", "DELETE", `/${UNKNOWN}`, undefined, 404, "CLUSTER_NOT_FOUND"],
    ["an unknown id", "GET", `/${UNKNOWN}`, undefined, 404, "CLUSTER_NOT_FOUND"],
    ["an encoded slash", "GET", "/a%2Fb", undefined, 404, "CLUSTER_NOT_FOUND"],
    ["an unknown id", "GET", `/${UNKNOWN}/health`, undefined, 404, "CLUSTER_NOT_FOUND"],
    ["an unknown id", "POST", `/${UNKNOWN}/sync`, undefined, 404, "CLUSTER_NOT_FOUND"],
    ["an unknown id", "POST", `/${UNKNOWN}/favorite`, undefined, 404, "CLUSTER_NOT_FOUND"],
  ];

  test("whatever the reason", async () => {
    await add("taken");
    const before = await everything();
    const answers = [];
    for (const [why, method, path, body] of bad) {
      const { status, json } = await rest.call(method, `/api/v1/clusters${path}`, body);
      expectShape(json, FAILURE);
      answers.push([why, method, path, body, status, json.code]);
    }
    expect(answers).toEqual(bad);
    expect(await everything()).toEqual(before);
  });

  test("and the refusal names the field as the client does, without its value", async () => {
    const answer = await rest.call("PUT", "/api/v1/clusters/taken", { health_check_interval: 9 });
    expect(answer.json.error).toStartWith("health_check_interval: ");
    const secret = await rest.call("POST", "/api/v1/clusters", { name: "x", kubeconfig: "token: hunter2\n\t- [" });
    expect(secret.text).not.toContain("hunter2");
  });
});
