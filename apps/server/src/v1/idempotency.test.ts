import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authorizer } from "@flux-orchestrator/api";
import { freePorts, type Reply, until } from "@flux-orchestrator/testing";
import { SmallCluster } from "../../test/small-cluster.ts";
import { V1_ROUTES } from "./rest-v1.ts";
import { kubeconfigOf, TEST_KEY, useRest } from "./test-rest.ts";
import { expectShape, FAILURE } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

setDefaultTimeout(60_000);
/** What holds a request before anything is begun. */
let gate: Promise<void> | undefined;
const authorizer: Authorizer = {
  async allows() {
    await gate;
    return true;
  },
  visible: async () => ({ all: [] }),
};
const ran: string[] = [];
const rest = useRest({ authorizer, ran: (operation) => void ran.push(operation) });
let replica: Awaited<ReturnType<typeof rest.replica>>;

beforeAll(async () => {
  replica = await rest.replica();
}, 60_000);

const send = (method: string, path: string, body?: unknown, key?: string, server: Pick<typeof rest, "call"> = rest) =>
  server.call(method, `/api/v1${path}`, body, key === undefined ? {} : { "idempotency-key": key });
const untilEnded = (id: string) =>
  until("the job has ended", async () => (await send("GET", `/bulk/${id}`)).json.state === "ended");
const newKey = () => crypto.randomUUID();
const isReplayed = ({ headers }: { headers: Headers }) => headers.get("idempotency-replayed") === "true";
const rolesNamed = async (name: string) =>
  (await send("GET", "/rbac/roles")).json.filter((role: { name: string }) => role.name === name).length;
const role = (name: string) => ({ name, permission_ids: ["user.read"] });
/** The process that runs it has not been heard of for a while. */
const age = (key: string) => rest.database.sql`update idempotency_keys set alive_until = now() where key = ${key}`;

describe("a repeat with the same key", () => {
  test("gets the answer of the first, which alone ran", async () => {
    const key = newKey();
    const first = await send("POST", "/rbac/roles", role("Once"), key);
    expect([first.status, isReplayed(first)]).toEqual([201, false]);
    ran.splice(0);
    for (const [as, server] of [
      [key, rest],
      [`"${key}"`, replica],
    ] as const) {
      const again = await send("POST", "/rbac/roles", role("Once"), as, server);
      expect([again.status, again.text, isReplayed(again)]).toEqual([201, first.text, true]);
      for (const name of ["content-type", "cache-control", "x-content-type-options"])
        expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(ran).toEqual([]);
    expect(await rolesNamed("Once")).toBe(1);
  });

  test("is a request of its own for another actor, and after a day", async () => {
    const key = newKey();
    const put = (actor: string) =>
      rest.call("PUT", "/api/v1/settings/theme", { value: "dark" }, { "idempotency-key": key, "x-actor": actor });
    expect([isReplayed(await put("ada")), isReplayed(await put("bob")), isReplayed(await put("ada"))]).toEqual([
      false,
      false,
      true,
    ]);
    await rest.database.sql`update idempotency_keys set expires_at = now() where key = ${key} and actor = 'ada'`;
    expect([isReplayed(await put("ada")), isReplayed(await put("bob"))]).toEqual([false, true]);
  });

  test.each<[what: string, method: string, path: string, body: unknown]>([
    ["body", "POST", "/rbac/roles", role("Other")],
    ["spelling of the body", "POST", "/rbac/roles", `${JSON.stringify(role("Same"))} `],
    ["path", "POST", "/oauth/providers", role("Same")],
    ["query", "POST", "/rbac/roles?x=1", role("Same")],
    ["method", "PUT", "/settings/theme", role("Same")],
  ])("and another %s is 422, and does nothing", async (_what, method, path, body) => {
    const key = newKey();
    await send("POST", "/rbac/roles", role("Same"), key);
    const before = await tableHashes(rest.database);
    const answer = await send(method, path, body, key);
    expect([answer.status, answer.json.code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
    expectShape(answer.json, FAILURE);
    expect(await tableHashes(rest.database)).toEqual(before);
  });
});

test("many at once, to two servers, run once", async () => {
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      send("POST", "/rbac/roles", role("Race"), key, index % 2 === 0 ? rest : replica),
    ),
  );
  expect(answers.filter((answer) => answer.status === 201 && !isReplayed(answer))).toHaveLength(1);
  for (const { status, json, headers } of answers.filter(({ status }) => status !== 201)) {
    expect([status, json.code, headers.get("retry-after")]).toEqual([409, "IDEMPOTENCY_IN_PROGRESS", "2"]);
    expectShape(json, FAILURE);
  }
  expect(await rolesNamed("Race")).toBe(1);
});

test.each([
  ["", "empty"],
  ['""', "empty in quotes"],
  ["x".repeat(256), "too long"],
  [`"${"x".repeat(256)}"`, "too long in quotes"],
  ["a\u0001b", "with a control character"],
  ["a\tb", "with a tab"],
  ["a\u007fb", "with a DEL"],
  ["\u00e9", "not ASCII"],
  ["a b", "with a space"],
  ["a, b", "two of them"],
  ['"a", "b"', "two of them in quotes"],
  ['"a', "half quoted"],
  ['"a\\x"', "escaped badly"],
  ['"a";b=1', "with a parameter"],
])("a key %j, %s, is 400 and changes nothing", async (key) => {
  const before = await tableHashes(rest.database);
  const body = JSON.stringify(role("Bad key"));
  const request = (method: string, sent: string | null) =>
    new Request(`${rest.url}/api/v1/rbac/roles`, { method, headers: { "idempotency-key": key }, body: sent });
  const answer = await rest.handle(request("POST", body));
  const json = (await answer.json()) as { code: string };
  expect([answer.status, json.code]).toEqual([400, "IDEMPOTENCY_KEY"]);
  expectShape(json, FAILURE);
  expect(await tableHashes(rest.database)).toEqual(before);
  // What only reads looks at no key.
  expect((await rest.handle(request("GET", null))).status).toBe(200);
});

test("255 characters are a key, also quotes and backslashes in quotes", async () => {
  for (const key of ["x".repeat(255), '"a \\"b\\" \\\\"'])
    for (const replayed of [false, true])
      expect(isReplayed(await send("PUT", "/settings/theme", { value: "dark" }, key))).toBe(replayed);
});

test("a body of more than 1 MiB is refused, and its key stays free", async () => {
  const key = newKey();
  const { status } = await send("POST", "/rbac/roles", role("x".repeat(1024 * 1024)), key);
  expect(status).toBe(413);
  expect(isReplayed(await send("POST", "/auth/logout", undefined, key))).toBe(false);
});

test("an answer that could not be sent is none: its key stays free, and a kept one is sent as its client accepts it", async () => {
  const key = newKey();
  const put = (encoding: string) =>
    rest.call(
      "PUT",
      "/api/v1/settings/theme",
      { value: "x".repeat(5_000) },
      { "idempotency-key": key, "accept-encoding": encoding },
    );
  expect((await put("identity;q=0, *;q=0")).status).toBe(406);
  const [first, zipped, plain] = [await put("identity"), await put("gzip"), await put("identity")];
  expect([first, zipped, plain].map(isReplayed)).toEqual([false, true, true]);
  expect([first, zipped, plain].map(({ headers }) => headers.get("content-encoding"))).toEqual([null, "gzip", null]);
  expect([zipped.text, plain.text]).toEqual([first.text, first.text]);
});

const MUTATIONS = V1_ROUTES.filter(({ method, shownOnce }) => method !== "GET" && shownOnce !== true).map(
  ({ method, path }) => [method, path] as const,
);

test.each(MUTATIONS)("%s %s takes a key", async (method, path) => {
  const before = await tableHashes(rest.database);
  const key = newKey();
  const at = path.replace("/api/v1", "").replaceAll(/:\w+/g, "nope");
  const first = await send(method, at, {}, key);
  expect([isReplayed(first), first.headers.get("content-type")]).toEqual([false, "application/json"]);
  ran.splice(0);
  const again = await send(method, at, {}, key);
  const { idempotency_keys: _, ...after } = await tableHashes(rest.database);
  expect(before).toMatchObject(after);
  expect([again.status, again.text]).toEqual([first.status, first.text]);
  // What is not built yet has done nothing.
  if (first.status === 501) return expect(isReplayed(again)).toBe(false);
  expect([isReplayed(again), ran]).toEqual([true, []]);
  const other = await send(method, at, { other: true }, key);
  expect([other.status, other.json.code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
});

// From here on there is a cluster, and rows that move by themselves.
describe("what acts on a cluster", () => {
  let cluster: SmallCluster;
  let clusterId = "";
  /** What the cluster does with a patch instead of doing it. */
  let onPatch: ((reply: Reply) => void) | undefined;
  const patches = () => cluster.server.requests.filter(({ method }) => method === "PATCH").length;
  const object = () => ({ cluster_id: clusterId, kind: "Kustomization", namespace: "apps", name: "web" });

  beforeAll(async () => {
    cluster = await SmallCluster.start();
    cluster.objects = [{ name: "web", version: 1 }];
    const usual = cluster.server.answer;
    cluster.server.answer = (request, reply) =>
      request.method === "PATCH" && onPatch !== undefined ? onPatch(reply) : usual(request, reply);
    const made = await send("POST", "/clusters", { name: "Edge", kubeconfig: cluster.kubeconfig("canary-token") });
    clusterId = made.json.id;
    await until("the object is known", async () => (await send("GET", "/resources")).json.length === 1);
    replica = await rest.replica();
  }, 60_000);
  afterAll(() => cluster.stop());

  /** So long an intent may be without an outcome before it is called unknown. */
  const minuteLater = (key: string) =>
    rest.database.sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`
        update audit_events set at = at - interval '1 minute'
        where request_id = (select request_id from idempotency_keys where key = ${key})`;
      await tx`update idempotency_keys set claimed_at = claimed_at - interval '1 minute' where key = ${key}`;
    });

  test("starts no second job", async () => {
    const key = newKey();
    const bulk = { action: "reconcile", objects: [object()] };
    const first = await send("POST", "/bulk", bulk, key);
    const again = await send("POST", "/bulk", bulk, key, replica);
    expect([again.status, again.json.id, isReplayed(again)]).toEqual([202, first.json.id, true]);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    const [jobs] = await rest.database.sql`select count(*)::int as count from jobs`;
    expect(jobs).toEqual({ count: 1 });
    await untilEnded(first.json.id);
  });
  test("while the first runs a repeat is 409; the first goes on although its client has gone", async () => {
    const key = newKey();
    const before = patches();
    const held: Reply[] = [];
    onPatch = (reply) => void held.push(reply);
    const impatient = new AbortController();
    const first = fetch(`${rest.url}/api/v1/resources/reconcile`, {
      method: "POST",
      headers: { "idempotency-key": key },
      body: JSON.stringify(object()),
      signal: impatient.signal,
    });
    await until("it is under way", () => held.length === 1);
    impatient.abort();
    await first.catch(() => {});
    const early = await send("POST", "/resources/reconcile", object(), key, replica);
    expect([early.status, early.json.code]).toEqual([409, "IDEMPOTENCY_IN_PROGRESS"]);
    onPatch = undefined;
    held[0]!.send(200, {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "web", namespace: "apps", uid: "uid-web", resourceVersion: "2" },
    });
    const late = await until("it has ended", async () => {
      const answer = await send("POST", "/resources/reconcile", object(), key, replica);
      return answer.status !== 409 && answer;
    });
    expect([late.status, late.json, isReplayed(late)]).toEqual([200, { message: "Reconciliation requested" }, true]);
    expect(patches() - before).toBe(1);
  });

  describe("when the server was killed", () => {
    test("in the middle, a repeat is told that nobody knows, where to look, and nothing is asked twice", async () => {
      const home = mkdtempSync(join(tmpdir(), "fo-killed-"));
      const [port] = await freePorts(1);
      const child = Bun.spawn([process.execPath, join(import.meta.dir, "../main.ts")], {
        env: {
          HOME: home,
          FLUX_ORCHESTRATOR_HOME: home,
          PORT: String(port),
          DATABASE_URL: await rest.databaseUrl(),
          BUN_CONFIG_MAX_HTTP_REQUESTS: "4096",
          ENCRYPTION_KEY: TEST_KEY.toString("hex"),
        },
        stdout: "pipe",
        stderr: "inherit",
      });
      const out = child.stdout.getReader();
      let printed = "";
      while (!printed.includes("is ready"))
        printed += new TextDecoder().decode((await out.read()).value ?? expectedReady());
      const key = newKey();
      const held: Reply[] = [];
      onPatch = (reply) => void held.push(reply);
      const before = patches();
      const first = fetch(`http://127.0.0.1:${port}/api/v1/resources/reconcile`, {
        method: "POST",
        headers: { "idempotency-key": key },
        body: JSON.stringify(object()),
      }).catch((error: Error) => error);
      await until("it is under way", () => held.length === 1);
      child.kill("SIGKILL");
      await child.exited;
      expect(await first).toBeInstanceOf(Error);
      onPatch = undefined;
      rmSync(home, { recursive: true, force: true });

      const soon = await send("POST", "/resources/reconcile", object(), key);
      expect([soon.status, soon.json.code]).toEqual([409, "IDEMPOTENCY_IN_PROGRESS"]);
      await age(key);
      expect((await send("POST", "/resources/reconcile", object(), key)).json.code).toBe("IDEMPOTENCY_IN_PROGRESS");
      await minuteLater(key);
      const again = await send("POST", "/resources/reconcile", object(), key);
      expect([again.status, again.json.code]).toEqual([409, "IDEMPOTENCY_INTERRUPTED"]);
      expectShape(again.json, FAILURE);
      expect(again.json.error).toContain("Nobody can say whether it was carried out.");
      const [, activity] = /^Look at activity (\d+) and at what it names;/.exec(again.json.hint) ?? [];
      expect((await send("GET", `/activities/${activity}`)).json).toMatchObject({ action: "reconcile" });
      expect(patches() - before).toBe(1);
    });

    test("after it was done but before its answer was kept, a repeat is told so", async () => {
      const forget = (key: string) => rest.database.sql`
      update idempotency_keys set status = null, headers = null, body = null, alive_until = now() where key = ${key}`;
      const done = newKey();
      await send("POST", "/rbac/roles", role("Forgotten"), done);
      const job = newKey();
      const bulk = { action: "resume", objects: [object()] };
      const { id } = (await send("POST", "/bulk", bulk, job)).json;
      await untilEnded(id);
      const failed = newKey();
      await send("POST", "/rbac/roles", role("Forgotten"), failed);
      for (const key of [done, job, failed]) await forget(key);
      const told = async (path: string, body: unknown, key: string) => (await send("POST", path, body, key)).json;
      expect(await told("/rbac/roles", role("Forgotten"), done)).toMatchObject({
        code: "IDEMPOTENCY_INTERRUPTED",
        error: expect.stringContaining("It was carried out."),
        hint: expect.stringMatching(/^Look at activity \d+; /),
      });
      expect((await told("/bulk", bulk, job)).error).toContain(`It started the job ${id}.`);
      expect((await told("/rbac/roles", role("Forgotten"), failed)).error).toContain("It failed.");
      expect(await rolesNamed("Forgotten")).toBe(1);
    });

    test("before anything was begun, a repeat runs; a first that was only frozen does nothing any more", async () => {
      const key = newKey();
      const { promise, resolve: thaw } = Promise.withResolvers<void>();
      gate = promise;
      const first = send("POST", "/rbac/roles", role("Frozen"), key);
      await until(
        "it is held",
        async () => (await rest.database.sql`select from idempotency_keys where key = ${key}`).length === 1,
      );
      await age(key);
      gate = undefined;
      const again = await send("POST", "/rbac/roles", role("Frozen"), key, replica);
      expect([again.status, isReplayed(again)]).toEqual([201, false]);
      thaw();
      const { status, json } = await first;
      expect([status, json.code]).toEqual([503, "AUDIT_UNAVAILABLE"]);
      const late = await send("POST", "/rbac/roles", role("Frozen"), key);
      expect([late.text, isReplayed(late)]).toEqual([again.text, true]);
      expect(await rolesNamed("Frozen")).toBe(1);
    });
  });

  describe("a failure of the server", () => {
    test("that did nothing is not kept: the repeat runs", async () => {
      const key = newKey();
      await rest.database.sql`alter table settings rename to hidden`;
      expect((await send("PUT", "/settings/theme", { value: "light" }, key)).status).toBe(500);
      await rest.database.sql`alter table hidden rename to settings`;
      const again = await send("PUT", "/settings/theme", { value: "light" }, key);
      expect([again.status, isReplayed(again)]).toEqual([200, false]);
      rest.errors.splice(0);

      const refused = newKey();
      const before = patches();
      onPatch = (reply) => reply.send(429, { kind: "Status", code: 429, reason: "TooManyRequests" });
      expect((await send("POST", "/resources/reconcile", object(), refused)).status).toBe(503);
      onPatch = undefined;
      const later = await send("POST", "/resources/reconcile", object(), refused);
      expect([later.status, isReplayed(later), patches() - before]).toEqual([200, false, 2]);
    });

    test("after which nobody knows what the cluster did is kept: nothing is asked twice", async () => {
      const key = newKey();
      const before = patches();
      onPatch = () => cluster.server.disconnect();
      const first = await send("POST", "/resources/reconcile", object(), key);
      onPatch = undefined;
      expect(first.status).toBeGreaterThanOrEqual(500);
      const again = await send("POST", "/resources/reconcile", object(), key);
      expect([again.status, again.text, isReplayed(again)]).toEqual([first.status, first.text, true]);
      expect(patches() - before).toBe(1);
    });
  });
});

test("what succeeds is done once, whatever it is", async () => {
  const twice = async (method: string, path: string, body?: unknown) => {
    const key = newKey();
    const first = await send(method, path, body, key);
    ran.splice(0);
    const again = await send(method, path, body, key, replica);
    expect([path, again.status, again.text, isReplayed(again), ran]).toEqual([
      path,
      first.status,
      first.text,
      true,
      [],
    ]);
    expect([path, first.status < 300]).toEqual([path, true]);
    return first.json;
  };
  const { id } = await twice("POST", "/rbac/roles", role("Twice"));
  await twice("PUT", `/rbac/roles/${id}`, { description: "d" });
  await twice("PUT", `/rbac/roles/${id}/permissions`, { permission_ids: [] });
  await twice("DELETE", `/rbac/roles/${id}`);
  const provider = { name: "Hub", provider: "github", client_id: "c", redirect_url: "http://a/b" };
  const hub = await twice("POST", "/oauth/providers", { ...provider, client_secret: "canary-secret" });
  await twice("PUT", `/oauth/providers/${hub.id}`, { client_secret: "canary-secret-2" });
  await twice("DELETE", `/oauth/providers/${hub.id}`);
  const kubeconfig = kubeconfigOf("https://127.0.0.1:1");
  const made = await twice("POST", "/clusters", { name: "Twice", kubeconfig });
  const favorite = await twice("POST", `/clusters/${made.id}/favorite`);
  expect((await send("GET", `/clusters/${made.id}`)).json.is_favorite).toBe(favorite.is_favorite);
  await twice("PUT", `/clusters/${made.id}`, { name: "Twice", kubeconfig });
  await twice("POST", "/bulk/preview", { action: "suspend", filter: { namespace: ["apps"] } });
  await twice("DELETE", `/clusters/${made.id}`);
  await twice("PUT", `/settings/theme`, { value: "dark" });
});

test("what was sent is not kept", async () => {
  const rows = await rest.database.sql<{ row: string }[]>`select k::text as row from idempotency_keys k`;
  const kept = rows.map(({ row }) => row).join();
  expect(rows.length).toBeGreaterThan(MUTATIONS.length);
  for (const secret of ["canary-secret", "canary-token", "a-token-that-opens-nothing", "client_secret"])
    expect(kept).not.toContain(secret);
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});

function expectedReady(): never {
  throw new Error("the server ended before it was ready");
}
