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
const provider = { name: "x", provider: "github", client_id: "c", client_secret: "s", redirect_url: "https://a" };
const state = () =>
  rest.database.sql`
    select (select json_agg(c order by c.id) from (select id, name, is_favorite, deleted_at, updated_at from clusters) c) as clusters,
      (select json_agg(s) from settings s) as settings, (select json_agg(p) from oauth_providers p) as providers,
      (select json_agg(r order by r.id) from roles r) as roles,
      (select json_agg(h order by h.role_id, h.permission_id) from role_permissions h) as held`;

test("an actor without rights can do nothing, and does not learn which clusters there are", async () => {
  const { id } = (await rest.call("POST", "/api/v1/clusters", { name: "secret", kubeconfig })).json;
  const before = await state();
  const object = `/clusters/${id}/flux/Kustomization/apps/web`;
  const workload = `/clusters/${id}/resources/Deployment/apps/web`;
  const pod = `/clusters/${id}/pods/apps/web-0`;
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
    ["GET", "/watch", 403],
    ["GET", `/watch?cluster_id=${id}`, 404],
    ["GET", `/resources/${id}/Kustomization/apps/web`, 404],
    ["POST", "/resources/reconcile", 404, ref],
    ["GET", `/clusters/${id}/flux/stats`, 404],
    ["GET", object, 404],
    ["GET", `${object}/resources`, 404],
    ["PUT", object, 404, { spec: {} }],
    ["POST", `${object}/reconcile`, 404],
    ["POST", `${object}/suspend`, 404],
    ["POST", `${object}/resume`, 404],
    ["GET", `/clusters/${id}/export`, 404],
    ["GET", "/resources/export", 403],
    ["GET", "/rbac/users", 403],
    ["GET", "/rbac/users/nope", 403],
    ["PUT", "/rbac/users/nope", 403, { enabled: false }],
    ["PUT", "/rbac/users/nope/roles", 403, { role_ids: ["admin"] }],
    ["DELETE", "/rbac/users/nope", 403],
    ["GET", "/rbac/roles", 403],
    ["POST", "/rbac/roles", 403, { name: "mine" }],
    ["GET", "/rbac/roles/viewer", 403],
    ["PUT", "/rbac/roles/viewer", 403, { name: "mine" }],
    ["PUT", "/rbac/roles/viewer/permissions", 403, { permission_ids: ["user.update"] }],
    ["DELETE", "/rbac/roles/nope", 403],
    ["GET", "/rbac/permissions", 403],
    ["GET", "/oauth/providers", 403],
    ["POST", "/oauth/providers", 403, provider],
    ["GET", "/oauth/providers/nope", 403],
    ["PUT", "/oauth/providers/nope", 403, { name: "mine" }],
    ["DELETE", "/oauth/providers/nope", 403],
    ["POST", "/oauth/providers/nope/test", 403],
    ["GET", "/azure/subscriptions", 403],
    ["GET", "/azure/subscriptions/nope", 403],
    ["DELETE", "/azure/subscriptions/nope", 403],
    ["POST", "/azure/subscriptions/nope/test", 403],
    ["GET", "/azure/subscriptions/nope/clusters", 403],
    ["POST", "/azure/subscriptions/nope/sync", 403],
    ["POST", `${workload}/scale`, 404, { replicas: 1 }],
    ["POST", `${workload}/restart`, 404],
    ["PUT", `${workload}/spec`, 404, { spec: {} }],
    ["GET", `${workload}/manifest`, 404],
    ["GET", `${workload}/diff`, 404],
    ["GET", `/clusters/${id}/resources/tree`, 404],
    ["GET", `${pod}/containers`, 404],
    ["DELETE", pod, 404],
    ["GET", `${pod}/logs`, 404],
    ["GET", `${pod}/logs?follow=true`, 404],
    ["POST", "/bulk/preview", 403, { action: "suspend", filter: {} }],
    ["POST", "/bulk", 403, { action: "suspend", objects: [ref] }],
    ["GET", `/bulk/${id}`, 403],
    ["GET", `/bulk/${id}/events`, 403],
    ["DELETE", `/bulk/${id}`, 403],
    ["GET", `/logs/aggregated?cluster_id=${id}`, 403],
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
