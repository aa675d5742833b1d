import { beforeEach, describe, expect, test } from "bun:test";
import { useRest } from "./test-rest.ts";
import { ACTIVITY, expectShape, FAILURE, MESSAGE, PERMISSION, ROLE, USER } from "./test-shapes.ts";
import { tableHashes } from "./test-unchanged.ts";

const rest = useRest();
const rbac = (method: string, path: string, body?: unknown) => rest.call(method, `/api/v1/rbac${path}`, body);
const idsOf = (list: { id: string }[]) => list.map(({ id }) => id);
const permissionsOf = async (role: string): Promise<string[]> =>
  idsOf((await rbac("GET", `/roles/${role}`)).json.permissions);

/** Somebody who logged in; there is no other way to become a user. */
async function insertUser(email: string, ...roles: string[]): Promise<string> {
  const { sql } = rest.database;
  await sql`insert into users ${sql({ id: email, email, name: email.split("@")[0]!, provider: "github" })}`;
  for (const role of roles) await sql`insert into user_roles ${sql({ user_id: email, role_id: role })}`;
  return encodeURIComponent(email);
}

beforeEach(async () => {
  await rest.database.sql`delete from users`;
  await rest.database.sql`delete from roles where not built_in`;
});

describe("§3.7 permissions and roles as they are seeded (§7.4, §7.5, §7.6, Q30)", () => {
  test("§3.7 43 the 24 permissions are listed by resource and action", async () => {
    const { status, json } = await rbac("GET", "/permissions");
    expect(status).toBe(200);
    for (const permission of json) expectShape(permission, PERMISSION);
    const actions = {
      azure: ["create", "delete", "read", "update"],
      cluster: ["create", "delete", "read", "update"],
      resource: ["delete", "read", "reconcile", "resume", "suspend", "update"],
      role: ["create", "delete", "read", "update"],
      setting: ["read", "update"],
      user: ["create", "delete", "read", "update"],
    };
    expect(idsOf(json)).toEqual(
      Object.entries(actions).flatMap(([resource, verbs]) => verbs.map((verb) => `${resource}.${verb}`)),
    );
  });

  test("§3.7 37 the built-in roles hold what the matrix says", async () => {
    const { status, json } = await rbac("GET", "/roles");
    expect(status).toBe(200);
    for (const role of json) {
      expectShape(role, ROLE);
      for (const permission of role.permissions) expectShape(permission, PERMISSION);
    }
    const all = idsOf((await rbac("GET", "/permissions")).json);
    const held = Object.fromEntries(
      json.map((role: { id: string; permissions: [] }) => [role.id, idsOf(role.permissions)]),
    );
    expect(held).toEqual({
      admin: all,
      operator: all.filter((id) => /^(cluster|resource|azure)\.|^setting\.read$/.test(id)),
      viewer: all.filter((id) => id.endsWith(".read")),
    });
    expect(held["operator"]).toHaveLength(15);
    expect(json.map(({ name, built_in }: { name: string; built_in: boolean }) => [name, built_in])).toEqual([
      ["Administrator", true],
      ["Operator", true],
      ["Viewer", true],
    ]);
  });
});

describe("§3.7 roles people make", () => {
  test("§3.7 38, 39 are made with 201, what they allow as given, unknown permissions left out", async () => {
    const { status, json } = await rbac("POST", "/roles", {
      NAME: "Deployers",
      description: "x",
      permission_ids: ["resource.read", "resource.*", "nope", "resource.reconcile", "resource.read"],
      built_in: true,
    });
    expect(status).toBe(201);
    expectShape(json, ROLE);
    expect(json).toMatchObject({ name: "Deployers", description: "x", built_in: false });
    expect(json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(idsOf(json.permissions)).toEqual(["resource.read", "resource.reconcile"]);
    expect((await rbac("GET", `/roles/${json.id}`)).json).toEqual(json);
    expect((await rbac("GET", "/roles")).json).toContainEqual(json);
  });

  test("§3.7 40 change where something is given; absent and empty stay", async () => {
    const { id } = (await rbac("POST", "/roles", { name: "Deployers", description: "x" })).json;
    for (const [body, name, description] of [
      [{ name: "Deployers 2" }, "Deployers 2", "x"],
      [{ name: "", description: "y" }, "Deployers 2", "y"],
      [{ name: null, description: "" }, "Deployers 2", "y"],
      ["null", "Deployers 2", "y"],
    ] as const) {
      const { status, json } = await rbac("PUT", `/roles/${id}`, body);
      expect([status, json.name, json.description]).toEqual([200, name, description]);
      expectShape(json, ROLE);
    }
  });

  test("§3.7 42 hold exactly what was sent last", async () => {
    const { id } = (await rbac("POST", "/roles", { name: "Deployers", permission_ids: ["user.read"] })).json;
    for (const [body, held] of [
      [{ permission_ids: ["resource.read", "cluster.read"] }, ["cluster.read", "resource.read"]],
      [{ permission_ids: ["nope"] }, []],
      [{ permission_ids: ["azure.read"] }, ["azure.read"]],
      [{}, []],
    ] as const) {
      const { status, json } = await rbac("PUT", `/roles/${id}/permissions`, body);
      expect([status, idsOf(json.permissions)]).toEqual([200, [...held]]);
    }
  });

  test("Q45 have a name of their own, whatever its case", async () => {
    const { id } = (await rbac("POST", "/roles", { name: "Deployers" })).json;
    for (const [method, path, name] of [
      ["POST", "/roles", "deployers"],
      ["POST", "/roles", "viewer"],
      ["PUT", `/roles/${id}`, "OPERATOR"],
    ] as const) {
      const before = await tableHashes(rest.database);
      const { status, json } = await rbac(method, path, { name });
      expect([name, status, json.code]).toEqual([name, 409, "NAME_TAKEN"]);
      expectShape(json, FAILURE);
      expect(await tableHashes(rest.database)).toEqual(before);
    }
    expect((await rbac("PUT", `/roles/${id}`, { name: "deployers" })).json.name).toBe("deployers");
  });

  test("§3.7 41, Q29 are gone from whoever had them", async () => {
    const { id } = (await rbac("POST", "/roles", { name: "Deployers", permission_ids: ["user.read"] })).json;
    const ada = await insertUser("ada@example.com", id, "viewer");
    const { status, json } = await rbac("DELETE", `/roles/${id}`);
    expect(status).toBe(200);
    expectShape(json, MESSAGE);
    expect(idsOf((await rbac("GET", `/users/${ada}`)).json.roles)).toEqual(["viewer"]);
    const left = await rest.database.sql`select from role_permissions where role_id = ${id}`;
    expect([left.length, (await rbac("GET", `/roles/${id}`)).status]).toEqual([0, 404]);
  });
});

describe("§3.7 built-in roles (Q43, Q50)", () => {
  test("are neither renamed nor deleted, and the administrator's is not emptied", async () => {
    const before = await tableHashes(rest.database);
    for (const [method, path, body] of [
      ["PUT", "/roles/admin", { name: "Boss" }],
      ["PUT", "/roles/operator", { description: "z" }],
      ["DELETE", "/roles/viewer", undefined],
      ["DELETE", "/roles/admin", undefined],
      ["PUT", "/roles/admin/permissions", { permission_ids: ["cluster.read"] }],
      ["PUT", "/roles/admin/permissions", {}],
    ] as const) {
      const { status, json } = await rbac(method, path, body);
      expect([method, path, status, json.code]).toEqual([method, path, 403, "BUILT_IN_ROLE"]);
      expectShape(json, FAILURE);
    }
    expect(await tableHashes(rest.database)).toEqual(before);
  });

  test("of operator and viewer allow what people make of them", async () => {
    const before = await permissionsOf("viewer");
    const { status, json } = await rbac("PUT", "/roles/viewer/permissions", { permission_ids: ["cluster.read"] });
    expect([status, idsOf(json.permissions), json.built_in]).toEqual([200, ["cluster.read"], true]);
    await rbac("PUT", "/roles/viewer/permissions", { permission_ids: before });
    expect(await permissionsOf("viewer")).toEqual(before);
  });
});

describe("§3.7 users", () => {
  test("§3.7 32 are listed with their roles, whose permissions are not looked up", async () => {
    expect((await rbac("GET", "/users")).json).toEqual([]);
    await insertUser("bob@example.com");
    await insertUser("ada@example.com", "viewer", "operator");
    const { status, json } = await rbac("GET", "/users");
    expect(status).toBe(200);
    for (const user of json) expectShape(user, USER);
    expect(json.map(({ id, roles }: { id: string; roles: [] }) => [id, idsOf(roles)])).toEqual([
      ["ada@example.com", ["operator", "viewer"]],
      ["bob@example.com", []],
    ]);
    for (const role of json[0].roles) {
      expect(Object.keys(role)).toEqual(Object.keys(ROLE));
      expect(role.permissions).toBeNull();
    }
  });

  test("§3.7 33 one has the permissions of their roles", async () => {
    const ada = await insertUser("ada+ops@example.com", "viewer");
    const { status, json } = await rbac("GET", `/users/${ada}`);
    expect(status).toBe(200);
    expectShape(json, USER);
    expect(json.email).toBe("ada+ops@example.com");
    expect(idsOf(json.roles[0].permissions)).toEqual(await permissionsOf("viewer"));
  });

  test("§3.7 34 change where something is given", async () => {
    const ada = await insertUser("ada@example.com", "viewer");
    for (const [body, name, enabled] of [
      [{ enabled: false }, "ada", false],
      [{ name: "Ada", enabled: null }, "Ada", false],
      [{ name: "", enabled: true }, "Ada", true],
      ["null", "Ada", true],
    ] as const) {
      const { status, json } = await rbac("PUT", `/users/${ada}`, body);
      expect([status, json.name, json.enabled]).toEqual([200, name, enabled]);
      expectShape(json, USER);
      expect(json.roles[0].permissions).toBeNull();
    }
  });

  test("§3.7 36 have exactly the roles sent last, unknown ones left out", async () => {
    const ada = await insertUser("ada@example.com", "viewer");
    for (const [body, roles] of [
      [{ role_ids: ["operator", "nope", "operator"] }, ["operator"]],
      [{ role_ids: ["viewer", "operator"] }, ["operator", "viewer"]],
      [{ role_ids: [] }, []],
      [{ role_ids: ["viewer"] }, ["viewer"]],
      [{}, []],
    ] as const) {
      const { status, json } = await rbac("PUT", `/users/${ada}/roles`, body);
      expect([status, idsOf(json.roles)]).toEqual([200, [...roles]]);
      expectShape(json, USER);
    }
  });

  test("§3.7 35, Q29 are gone with their roles: whoever comes again begins anew", async () => {
    const ada = await insertUser("ada@example.com", "operator");
    const { status, json } = await rbac("DELETE", `/users/${ada}`);
    expect(status).toBe(200);
    expectShape(json, MESSAGE);
    await insertUser("ada@example.com");
    expect((await rbac("GET", `/users/${ada}`)).json.roles).toEqual([]);
  });

  test("Q29 the last who may do everything stays so", async () => {
    const ada = await insertUser("ada@example.com", "admin");
    const bob = await insertUser("bob@example.com", "admin");
    await rbac("PUT", `/users/${bob}`, { enabled: false });
    const before = await tableHashes(rest.database);
    for (const [method, path, body] of [
      ["DELETE", `/users/${ada}`, undefined],
      ["PUT", `/users/${ada}`, { enabled: false }],
      ["PUT", `/users/${ada}/roles`, { role_ids: ["viewer"] }],
    ] as const) {
      const { status, json } = await rbac(method, path, body);
      expect([method, path, status, json.code]).toEqual([method, path, 409, "LAST_ADMIN"]);
    }
    expect(await tableHashes(rest.database)).toEqual(before);
    await rbac("PUT", `/users/${bob}`, { enabled: true });
    expect((await rbac("DELETE", `/users/${ada}`)).status).toBe(200);
  });

  test("Q29 of two who take the right from each other at once, one keeps it", async () => {
    const both = [await insertUser("ada@example.com", "admin"), await insertUser("bob@example.com", "admin")];
    const answers = await Promise.all(both.map((id) => rbac("DELETE", `/users/${id}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await rbac("GET", "/users")).json).toHaveLength(1);
  });
});

test("Q13 ids that nobody has are 404, and nothing is changed", async () => {
  const before = await tableHashes(rest.database);
  for (const [method, path, body] of [
    ["GET", "/users/nope", undefined],
    ["PUT", "/users/nope", { enabled: false }],
    ["PUT", "/users/nope/roles", { role_ids: ["admin"] }],
    ["DELETE", "/users/nope", undefined],
    ["GET", "/roles/nope", undefined],
    ["PUT", "/roles/nope", { name: "x" }],
    ["PUT", "/roles/nope/permissions", { permission_ids: ["user.read"] }],
    ["DELETE", "/roles/nope", undefined],
  ] as const) {
    const { status, json } = await rbac(method, path, body);
    expect([method, path, status, json.code]).toEqual([method, path, 404, "NOT_FOUND"]);
    expectShape(json, FAILURE);
  }
  expect(await tableHashes(rest.database)).toEqual(before);
});

test("Q17 every change is recorded under the one it is about, also a refused one", async () => {
  const ada = await insertUser("ada@example.com", "viewer");
  const { id } = (await rbac("POST", "/roles", { name: "Deployers" })).json;
  await rbac("PUT", `/roles/${id}/permissions`, { permission_ids: ["user.read"] });
  await rbac("PUT", `/users/${ada}/roles`, { role_ids: [id] });
  await rbac("DELETE", "/roles/viewer");
  await rbac("DELETE", `/users/${ada}`);
  const activities = (await rest.call("GET", "/api/v1/activities?limit=5")).json;
  for (const activity of activities) expectShape(activity, ACTIVITY);
  const seen = activities.map((activity: Record<string, string>) =>
    ["action", "resource_type", "resource_id", "resource_name", "cluster_id", "status"].map((field) => activity[field]),
  );
  expect(seen).toEqual([
    ["delete", "user", "ada@example.com", "ada@example.com", "", "success"],
    ["delete", "role", "viewer", "Viewer", "", "failed"],
    ["update", "user", "ada@example.com", "ada@example.com", "", "success"],
    ["update", "role", id, "Deployers", "", "success"],
    ["create", "role", id, "Deployers", "", "success"],
  ]);
  expect(activities[2].message).toBe("Roles: Deployers");
});

test("nothing here was an unexpected failure", () => {
  expect(rest.errors).toEqual([]);
});
