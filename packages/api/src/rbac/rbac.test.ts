import { beforeEach, describe, expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import type { Operation } from "../operation.ts";
import type { Permission } from "../permission.ts";
import { createRole } from "./create-role.ts";
import { getRole } from "./get-role.ts";
import { getUser } from "./get-user.ts";
import { listPermissions } from "./list-permissions.ts";
import { listRoles } from "./list-roles.ts";
import { listUsers } from "./list-users.ts";
import { removeRole } from "./remove-role.ts";
import { removeUser } from "./remove-user.ts";
import { seedRoles } from "./seed-roles.ts";
import { setRolePermissions } from "./set-role-permissions.ts";
import { setUserRoles } from "./set-user-roles.ts";
import { updateRole } from "./update-role.ts";
import { updateUser } from "./update-user.ts";

const fixture = useApi();
const heldBy = async (role: string) => (await fixture.perform(getRole, { role })).permissions.map(({ id }) => id);

describe("seeding", () => {
  test("again, or by two servers at once, changes nothing of what people made of the roles", async () => {
    const { sql } = fixture.database;
    await fixture.perform(setRolePermissions, { role: "viewer", permissionIds: [] });
    await fixture.perform(setRolePermissions, { role: "operator", permissionIds: ["setting.read"] });
    const before = await fixture.perform(listRoles, undefined);
    await Promise.all([seedRoles(sql), seedRoles(sql), seedRoles(sql)]);
    expect(await fixture.perform(listRoles, undefined)).toEqual(before);
  });

  test("gives a permission that is new to the roles it belongs to, and only that one", async () => {
    const { sql } = fixture.database;
    await sql`delete from permissions where id in ('azure.read', 'azure.create')`;
    await seedRoles(sql);
    expect(await heldBy("viewer")).toEqual(["azure.read"]);
    expect(await heldBy("operator")).toEqual(["azure.create", "azure.read", "setting.read"]);
    expect(await heldBy("admin")).toHaveLength(24);
  });

  test("by two servers at once on an empty database ends as by one", async () => {
    const { sql } = fixture.database;
    await sql`truncate roles, permissions cascade`;
    await Promise.all([seedRoles(sql), seedRoles(sql)]);
    expect([
      (await heldBy("admin")).length,
      (await heldBy("operator")).length,
      (await heldBy("viewer")).length,
    ]).toEqual([24, 15, 6]);
  });
});

describe("rights", () => {
  beforeEach(async () => {
    await fixture.database.sql`
      insert into users ${fixture.database.sql({ id: "ada@example.com", email: "ada@example.com", provider: "entra" })}
      on conflict do nothing`;
  });

  const user = "ada@example.com";
  const calls: [permission: Permission, operation: Operation, input: unknown][] = [
    ["user.read", listUsers, undefined],
    ["user.read", getUser, { user }],
    ["user.update", updateUser, { user, enabled: false }],
    ["user.update", setUserRoles, { user, roleIds: ["admin"] }],
    ["user.delete", removeUser, { user }],
    ["role.read", listRoles, undefined],
    ["role.read", getRole, { role: "viewer" }],
    ["role.read", listPermissions, undefined],
    ["role.create", createRole, { name: "mine" }],
    ["role.update", updateRole, { role: "viewer", name: "mine" }],
    ["role.update", setRolePermissions, { role: "viewer", permissionIds: [] }],
    ["role.delete", removeRole, { role: "viewer" }],
  ] as unknown as [Permission, Operation, unknown][];
  const state = async () => [await fixture.perform(listRoles, undefined), await fixture.perform(listUsers, undefined)];

  test.each(calls)("%s is needed, and nothing is changed or told without it", async (permission, operation, input) => {
    fixture.rights.give("mallory", allBut(permission));
    const before = await state();
    expect(await fixture.refusal(operation, input, "mallory")).toMatchObject({ code: "FORBIDDEN" });
    if (input !== undefined && !("name" in (input as object))) {
      const nobody = Object.fromEntries(
        Object.entries(input as object).map(([key, value]) => [key, typeof value === "string" ? "nope" : value]),
      );
      expect(await fixture.refusal(operation, nobody, "mallory")).toMatchObject({ code: "FORBIDDEN" });
    }
    expect(await state()).toEqual(before);
  });

  test("a refused change is recorded", async () => {
    fixture.rights.give("mallory", allBut("user.update"));
    await fixture.refusal(setUserRoles, { user, roleIds: ["admin"] }, "mallory");
    expect((await fixture.recorded()).at(-1)).toMatchObject({
      actor: "mallory",
      operation: "user.setRoles",
      resourceType: "user",
      resourceId: user,
      outcome: "failed",
    });
  });
});

test("what was changed is said", async () => {
  const { id } = await fixture.perform(createRole, { name: "Deployers", permissionIds: ["resource.read"] });
  await fixture.perform(updateRole, { role: id, name: "Deployers", description: "All of them" });
  await fixture.perform(updateRole, { role: id, name: "Deployers" });
  await fixture.perform(updateUser, { user: "ada@example.com", name: "Ada", enabled: false });
  expect((await fixture.recorded()).slice(-4).map(({ message }) => message)).toEqual([
    "Permissions: resource.read",
    "Changed: description",
    "Nothing changed",
    "Changed: name, disabled",
  ]);
});
