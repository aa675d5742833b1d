import { beforeAll, describe, expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { ACTIVITY, expectShape, FAILURE, type Shape } from "./test-shapes.ts";

const rest = useRest();
const list = (query = "") => rest.call("GET", `/api/v1/activities${query}`);
const idsOf = (activities: { id: number }[]) => activities.map(({ id }) => id);

/** Writes activities as the pipeline does: an intent, and its outcome when it has one. */
async function record(
  count: number,
  more: { outcome?: string; at?: Date; clusterId?: string } = {},
): Promise<number[]> {
  const at = more.at ?? new Date();
  const columns = { at, actor: "ada@example.com", operation: "resource.suspend", action: "suspend" };
  const subject = {
    ...columns,
    resource_type: "Kustomization",
    resource_id: "apps/web",
    resource_name: "web",
    cluster_id: more.clusterId ?? "c1",
    cluster_name: "prod",
    through: "rest",
    request_id: "r",
  };
  const { sql } = rest.database;
  const intents = await sql<{ id: number }[]>`
    insert into audit_events ${sql(Array.from({ length: count }, () => ({ ...subject, part: "intent", message: "" })))}
    returning id::float8 as id`;
  const { outcome } = more;
  if (outcome !== undefined)
    await sql`insert into audit_events ${sql(
      intents.map(({ id }) => ({ ...subject, part: "outcome", intent_id: id, outcome, message: "because <x>" })),
    )}`;
  return intents.map(({ id }) => id).sort((a, b) => b - a);
}

describe("the list", () => {
  let ids: number[] = [];
  beforeAll(async () => {
    ids = await record(450, { outcome: "success" });
  });

  test("§3.8 44 holds the newest 50, newest first, unless told otherwise", async () => {
    for (const query of ["", "?limit=", "?limit=0", "?limit=-3", "?limit=many", "?limit=1.5"]) {
      const { status, json } = await list(query);
      expect([query, status, idsOf(json)]).toEqual([query, 200, ids.slice(0, 50)]);
    }
    for (const activity of (await list()).json) expectShape(activity, ACTIVITY);
  });

  test("holds as many as asked for, 1,000 at most", async () => {
    expect(idsOf((await list("?limit=3")).json)).toEqual(ids.slice(0, 3));
    expect(idsOf((await list("?limit=430")).json)).toEqual(ids.slice(0, 430));
    expect(idsOf((await list("?limit=99999999999999999999")).json)).toEqual(ids);
  });

  test("leads to the next page until there is none", async () => {
    const seen: number[] = [];
    let path: string | null = "/api/v1/activities?limit=120&cluster_id=c1";
    let pages = 0;
    while (path !== null) {
      const { json, headers } = await rest.call("GET", path);
      seen.push(...idsOf(json));
      pages++;
      const link = headers.get("link");
      expect(link === null).toBe(headers.get("x-next-cursor") === null);
      path = link === null ? null : /^<(.+)>; rel="next"$/.exec(link)![1]!;
    }
    expect([pages, seen]).toEqual([4, ids]);
  });

  test("is narrowed to a cluster by its id, and empty for one without activities", async () => {
    const [id] = await record(1, { outcome: "failed", clusterId: "c2" });
    expect(idsOf((await list("?cluster_id=c2")).json)).toEqual([id!]);
    expect((await list("?cluster_id=nope")).json).toEqual([]);
    expect((await list("?cluster_id=")).json).toHaveLength(50);
  });

  test("is narrowed by action, type, user, outcome and time (§13, Q54: an addition)", async () => {
    const at = new Date(Date.now() - 3_600_000);
    const [id] = await record(1, { outcome: "failed", clusterId: "c5", at });
    const of = (query: string) => list(`?cluster_id=c5&${query}`);
    const before = encodeURIComponent(new Date(at.getTime() - 1).toISOString());
    const after = encodeURIComponent(new Date(at.getTime() + 1).toISOString());
    const sameInVienna = encodeURIComponent(`${new Date(at.getTime() + 7_200_000).toISOString().slice(0, -1)}+02:00`);
    for (const query of [
      "action=suspend",
      "action=resume&action=suspend",
      "resource_type=Kustomization&user_id=ada%40example.com&status=failed",
      `since=${before}&until=${after}`,
      `since=${sameInVienna}`,
      "action=&resource_type=&user_id=&status=&since=&until=",
    ])
      expect([query, idsOf((await of(query)).json)]).toEqual([query, [id!]]);
    for (const query of [
      "action=resume",
      "resource_type=cluster",
      "user_id=ada",
      "status=success",
      `since=${after}`,
      `until=${before}`,
      `until=${sameInVienna}`,
    ])
      expect([query, (await of(query)).json]).toEqual([query, []]);
  });

  test("refuses what is no outcome and no time", async () => {
    for (const query of ["status=done", "since=yesterday", "until=2026-13-01T00:00:00Z", "since=2026-01-01"]) {
      const { status, json } = await list(`?${query}`);
      expect([query, status, json.code]).toEqual([query, 400, "INPUT_INVALID"]);
      expect(json.error).toStartWith(query.split("=")[0]!);
    }
  });

  test("refuses a cursor that is none", async () => {
    const { status, json } = await list("?cursor=x");
    expect([status, json.code]).toEqual([400, "CURSOR"]);
  });
});

describe("one activity", () => {
  test("§3.8 45 is found by its number", async () => {
    const [id] = await record(1, { outcome: "success" });
    const { status, json, text } = await rest.call("GET", `/api/v1/activities/${id}`);
    expect(status).toBe(200);
    expectShape(json, ACTIVITY);
    expect(text).toContain('"because \\u003cx\\u003e"');
    expect({ ...json, created_at: "" }).toEqual({
      id,
      action: "suspend",
      resource_type: "Kustomization",
      resource_id: "apps/web",
      resource_name: "web",
      cluster_id: "c1",
      cluster_name: "prod",
      user_id: "ada@example.com",
      status: "success",
      message: "because <x>",
      created_at: "",
    });
  });

  test("is 404 for what is no activity's number", async () => {
    for (const id of ["999999999", "x", "-1", "1.0", "0x1", "%00", "99999999999999999999999999"]) {
      const { status, json } = await rest.call("GET", `/api/v1/activities/${id}`);
      expect([id, status, json.code]).toEqual([id, 404, "NOT_FOUND"]);
      expectShape(json, FAILURE);
    }
  });
});

describe("an activity without an outcome", () => {
  test("is not shown while it may still run", async () => {
    const [ended] = await record(1, { outcome: "success", clusterId: "c3" });
    const [open] = await record(1, { clusterId: "c3" });
    expect(idsOf((await list("?cluster_id=c3")).json)).toEqual([ended!]);
    expect((await rest.call("GET", `/api/v1/activities/${open}`)).status).toBe(404);
  });

  test("is failed when nobody can know any more", async () => {
    await record(1, { clusterId: "c4", at: new Date(Date.now() - 3_600_000) });
    await record(1, { clusterId: "c4", outcome: "unknown" });
    const { json } = await list("?cluster_id=c4");
    expect(json.map(({ status }: { status: string }) => status)).toEqual(["failed", "failed"]);
    expect((await list("?cluster_id=c4&status=failed")).json).toEqual(json);
  });
});

test("§3.8 46 cleaning up says what is left, is not recorded, and keeps what is younger than the retention", async () => {
  const before = (await list("?limit=1000")).json;
  const CLEANUP: Shape = { message: "s", remaining_activities: "n" };
  const { status, json } = await rest.call("POST", "/api/v1/activities/cleanup");
  expect(status).toBe(200);
  expectShape(json, CLEANUP);
  const [count] = await rest.database.sql`select count(*)::int as n from audit_events where part = 'intent'`;
  expect(json.remaining_activities).toBe(count?.["n"]);
  expect((await list("?limit=1000")).json).toEqual(before);
});
