import { expect, test } from "bun:test";
import type { Authorizer } from "@flux-orchestrator/api";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";

const authorizer: Authorizer = {
  allows: async ({ id }) => id === "system",
  visible: async ({ id }) => (id === "system" ? { all: [] } : { any: [] }),
};
const rest = useRest({ authorizer });
const kubeconfig = kubeconfigOf("https://127.0.0.1:1");
const state = () =>
  rest.database.sql`
    select (select json_agg(c order by c.id) from (select id, name, is_favorite, deleted_at, updated_at from clusters) c) as clusters,
      (select json_agg(s) from settings s) as settings`;

test("an actor without rights can do nothing, and does not learn which clusters there are", async () => {
  const { id } = (await rest.call("POST", "/api/v1/clusters", { name: "secret", kubeconfig })).json;
  const before = await state();
  const object = `/clusters/${id}/flux/Kustomization/apps/web`;
  const ref = { cluster_id: id, kind: "Kustomization", namespace: "apps", name: "web" };
  const rows: [method: string, path: string, status: number, body?: unknown][] = [
    ["GET", "/clusters", 403],
    ["POST", "/clusters", 403, { name: "mine", kubeconfig }],
    ["GET", `/clusters/${id}`, 404],
    ["PUT", `/clusters/${id}`, 404, { name: "mine" }],
    ["DELETE", `/clusters/${id}`, 404],
    ["GET", `/clusters/${id}/health`, 404],
    ["POST", `/clusters/${id}/sync`, 404],
    ["POST", `/clusters/${id}/favorite`, 404],
    ["GET", "/resources", 403],
    ["GET", `/resources/${id}/Kustomization/apps/web`, 404],
    ["POST", "/resources/reconcile", 404, ref],
    ["GET", `/clusters/${id}/flux/stats`, 404],
    ["GET", object, 404],
    ["GET", `${object}/resources`, 404],
    ["POST", `${object}/reconcile`, 404],
    ["POST", `${object}/suspend`, 404],
    ["POST", `${object}/resume`, 404],
    ["GET", "/settings", 403],
    ["PUT", "/settings/auto_sync_interval_minutes", 403, { value: "9" }],
    ["GET", "/activities", 403],
    ["GET", "/activities/1", 403],
    ["POST", "/activities/cleanup", 403],
  ];
  for (const [method, path, status, body] of rows) {
    const answer = await rest.call(method, `/api/v1${path}`, body, { "x-actor": "mallory" });
    const code = status === 403 ? "FORBIDDEN" : "CLUSTER_NOT_FOUND";
    expect([method, path, answer.status, answer.json.code]).toEqual([method, path, status, code]);
    expectShape(answer.json, FAILURE);
  }
  const list = await rest.call("GET", `/api/v1/clusters/${id}/resources`, undefined, { "x-actor": "mallory" });
  expect(list.json).toEqual([]);
  expect(await state()).toEqual(before);
  expect(rest.errors).toEqual([]);
});

test("a refused change stands among the activities as one, with who tried", async () => {
  await rest.call("PUT", "/api/v1/settings/theme", { value: "dark" }, { "x-actor": "mallory" });
  const [activity] = (await rest.call("GET", "/api/v1/activities?limit=1")).json;
  expect(activity).toMatchObject({ action: "update", resource_id: "theme", user_id: "mallory", status: "failed" });
});
