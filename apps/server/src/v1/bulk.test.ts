import { beforeAll, describe, expect, test } from "bun:test";
import { resourceRow, storeResources } from "@flux-orchestrator/db/test-resource";
import { until } from "@flux-orchestrator/testing";
import { useRest } from "./test-rest.ts";
import { expectShape, FAILURE, type Shape } from "./test-shapes.ts";

const rest = useRest();
const clusterId = crypto.randomUUID();
const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  rest.call(method, `/api/v1/bulk${path}`, body, headers);
const ref = { cluster_id: clusterId, kind: "Kustomization", namespace: "apps", name: "web" };

const JOB: Shape = {
  id: "s",
  action: ["reconcile", "suspend", "resume"],
  state: ["waiting", "running", "cancelling", "ended"],
  total: "n",
};
const expectJob = ({ id, action, state, total }: Record<string, unknown>) =>
  expectShape({ id, action, state, total }, JOB);

beforeAll(async () => {
  const { sql } = rest.database;
  // Registered and fresh, but nobody has its credential: every item fails, none is left out.
  await sql`insert into clusters ${sql({
    id: clusterId,
    slug: "one",
    name: "One",
    name_key: "one",
    server: "https://127.0.0.1:1",
    credential_kind: "token",
    stream: "live",
    confirmed_at: new Date(),
  })}`;
  const row = (name: string, change = {}) => resourceRow({ clusterId, name, ...change });
  await sql.begin((tx) =>
    storeResources(tx, [row("web"), row("api"), row("asleep", { suspended: true, word: "Suspended" })]),
  );
});

const untilEnded = (id: string) =>
  until("the job has ended", async () => {
    const { json } = await call("GET", `/${id}`);
    return json.state === "ended" && json;
  });

describe("bulk over REST", () => {
  test("previews, runs what was previewed, and tells how each object fared", async () => {
    const filter = { cluster_id: ["one"], kind: ["Kustomization"], not: { cluster_id: ["two"] } };
    const preview = await call("POST", "/preview", { action: "reconcile", filter });
    expect(preview.status).toBe(200);
    expect(preview.json).toMatchObject({
      act: 2,
      skip: 1,
      clusters: [{ cluster_id: clusterId, cluster_name: "One", act: 2, skip: 1 }],
      kinds: [{ kind: "Kustomization", act: 2, skip: 1 }],
      sample: [{ cluster: "one", cluster_name: "One", name: "api", readiness: "Ready" }, { name: "web" }],
      skips: [{ code: "SUSPENDED", count: 1, sample: [{ name: "asleep" }] }],
    });
    const submitted = await call("POST", "", { Action: "reconcile", filter, token: preview.json.token });
    expect(submitted.status).toBe(202);
    expectJob(submitted.json);
    expect(submitted.headers.get("location")).toBe(`/api/v1/bulk/${submitted.json.id}`);
    const ended = await untilEnded(submitted.json.id);
    expect(ended).toMatchObject({ action: "reconcile", total: 3, counts: { failed: 2, skipped: 1 } });
    expect(ended.items).toMatchObject([
      { object: "Kustomization apps/api", cluster_id: clusterId, state: "failed", code: expect.any(String) },
      { object: "Kustomization apps/asleep", state: "skipped", code: "SUSPENDED", hint: "Resume it first." },
      { object: "Kustomization apps/web", state: "failed" },
    ]);
    const { json: activities } = await rest.call("GET", "/api/v1/activities?action=bulk_reconcile");
    expect(activities).toMatchObject([{ resource_type: "job", resource_name: "2 objects", status: "failed" }]);
  });

  test("tells how it goes on as events, and ends them with it; also when it had ended before", async () => {
    const { json } = await call("POST", "", { action: "suspend", objects: [ref], reason: "freeze" });
    const events = await call("GET", `/${json.id}/events`);
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    const told = [...events.text.matchAll(/^event: bulk\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    for (const job of told) expectJob(job);
    expect(told.at(-1)).toMatchObject({ id: json.id, state: "ended", counts: { failed: 1 } });
    const again = await call("GET", `/${json.id}/events`);
    expect([...again.text.matchAll(/^event: bulk$/gm)]).toHaveLength(1);
    const head = await call("HEAD", `/${json.id}/events`);
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  test("DELETE cancels; of what has ended it changes nothing", async () => {
    const { json } = await call("POST", "", { action: "resume", objects: [ref] });
    await untilEnded(json.id);
    const cancelled = await call("DELETE", `/${json.id}`);
    expect([cancelled.status, cancelled.json.state]).toEqual([200, "ended"]);
  });

  test("a job of somebody else, of another sort, or that nobody has is not there", async () => {
    const { json } = await call("POST", "", { action: "resume", objects: [ref] });
    await rest.database.sql`
      insert into jobs (id, name, actor, through, request_id, intent_id, state)
      select '00000000-0000-4000-8000-000000000001', 'cluster.resyncAll', actor, through, request_id, intent_id, 'ended'
      from jobs where id = ${json.id}`;
    for (const [id, actor] of [
      [json.id, "other"],
      ["00000000-0000-4000-8000-000000000001", "system"],
      [crypto.randomUUID(), "system"],
      ["nope", "system"],
      ["%00", "system"],
    ])
      for (const [method, path] of [
        ["GET", `/${id}`],
        ["GET", `/${id}/events`],
        ["DELETE", `/${id}`],
      ] as const) {
        const answer = await call(method, path, undefined, { "x-actor": actor! });
        expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 404, "NOT_FOUND"]);
        expectShape(answer.json, FAILURE);
      }
  });

  test("what has changed since the preview is 409, and nothing is done", async () => {
    const filter = { namespace: ["apps"] };
    const { token } = (await call("POST", "/preview", { action: "suspend", filter })).json;
    const answer = await call("POST", "", { action: "resume", filter, token });
    expect([answer.status, answer.json.code]).toEqual([409, "SELECTION_CHANGED"]);
    expectShape(answer.json, FAILURE);
  });

  test.each<[path: string, body: unknown, code?: string]>([
    ["", undefined, "BODY_SYNTAX"],
    ["", "[]", "BODY_SYNTAX"],
    ["", {}],
    ["", { action: "delete", objects: [ref] }],
    ["", { action: 7, objects: [ref] }],
    ["", { action: "constructor", objects: [ref] }],
    ["", { action: "suspend" }],
    ["", { action: "suspend", filter: {} }],
    ["", { action: "suspend", filter: [] }],
    ["", { action: "suspend", filter: { q7mark5z: 1 }, token: "AA" }],
    ["", { action: "suspend", objects: ref }],
    ["", { action: "suspend", objects: [null] }],
    ["", { action: "suspend", objects: ["q7mark5z"] }],
    ["", { action: "suspend", objects: [{ ...ref, kind: "q7mark5z" }] }],
    ["", { action: "suspend", objects: [ref], reason: 7 }],
    ["", { action: "suspend", objects: [ref], token: "q7mark5z!" }],
    ["", { action: "reconcile", objects: [ref], reason: "q7mark5z" }],
    ["/preview", {}],
    ["/preview", { action: "suspend" }],
    ["/preview", { action: "q7mark5z", filter: {} }],
    ["/preview", { action: "suspend", filter: { not: { text: "q7mark5z" } } }],
    ["/preview", { action: "suspend", filter: { text: "\0q7mark5z" } }],
  ])("POST /bulk%s refuses %j, and tells nothing of it", async (path, body, code = "INPUT_INVALID") => {
    const answer = await call("POST", path, body);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expectShape(answer.json, FAILURE);
    expect(answer.text).not.toContain("q7mark5z");
  });
});
