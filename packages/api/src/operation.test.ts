import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { FLEET } from "./authorize.ts";
import * as doors from "./index.ts";
import { ALL_JOBS } from "./job/all-jobs.ts";
import { type AnyDeclaration, job, operation, stream } from "./operation.ts";
import { PERMISSIONS } from "./permission.ts";
import type { RequestContext } from "./request-context.ts";
import { appRouter } from "./router.ts";

const isDeclaration = (value: unknown): value is AnyDeclaration =>
  typeof value === "object" && value !== null && "declared" in value && "permission" in value;

/** Every declaration of this package, whether a door leads to it or another operation performs it. */
async function declarations(): Promise<AnyDeclaration[]> {
  const found = new Set<AnyDeclaration>();
  for await (const file of new Bun.Glob("**/*.ts").scan(import.meta.dir)) {
    if (file.endsWith(".test.ts")) continue;
    const exported: Record<string, unknown> = await import(join(import.meta.dir, file));
    for (const value of Object.values(exported)) if (isDeclaration(value)) found.add(value);
  }
  return [...found];
}

interface Door {
  path: string;
  type: "query" | "mutation" | "subscription";
  declared: AnyDeclaration;
}

/** What each procedure of the router leads to, found by knocking. */
async function routerDoors(): Promise<Door[]> {
  const found: Door[] = [];
  for (const [path, procedure] of Object.entries(appRouter._def.procedures)) {
    const { type } = (procedure as unknown as { _def: { type: Door["type"] } })._def;
    const knock = (declared: unknown) => void found.push({ path, type, declared: declared as AnyDeclaration });
    const ctx = {
      requestId: "",
      perform: async (declared: unknown) => knock(declared),
      submit: async (declared: unknown) => knock(declared),
      live(declared: unknown) {
        knock(declared);
        return new ReadableStream({ start: (controller) => controller.close() });
      },
    } as unknown as RequestContext;
    const [entity, verb] = path.split(".") as [string, string];
    const caller = appRouter.createCaller(ctx) as unknown as Record<string, Record<string, () => Promise<unknown>>>;
    const answer = await caller[entity]![verb]!();
    if (type === "subscription") for await (const _ of answer as AsyncIterable<unknown>);
  }
  return found;
}

const all = await declarations();
const ofRouter = await routerDoors();
const ofIndex = Object.values(doors).filter(isDeclaration);

test("every door leads to a declaration that was found, one procedure to one", () => {
  expect(ofRouter.map(({ path }) => path).sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
  expect(all).toEqual(expect.arrayContaining([...ofIndex, ...ofRouter.map(({ declared }) => declared)]));
  expect(ofIndex.length).toBeGreaterThan(20);
});

test("no declaration is without a door, but for what another operation performs", () => {
  const reachable = new Set([...ofIndex, ...ofRouter.map(({ declared }) => declared)]);
  const unreachable = all.filter((declared) => !reachable.has(declared)).map(({ name }) => name);
  expect(unreachable.sort()).toEqual([
    "cluster.moveInCluster",
    "cluster.registerInCluster",
    "kubeconfig.importContext",
  ]);
});

test("names are unique and say entity and verb", () => {
  const names = all.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
});

test("a query of the router changes nothing", () => {
  for (const { type, declared } of ofRouter)
    if (type === "query") expect(declared).toMatchObject({ declared: "operation", effect: "read" });
});

test("every job is gone on with after a restart, by an operation that is recorded on its own", () => {
  const jobs = all.filter((declared) => declared.declared === "job");
  expect(jobs.map(({ name }) => name).sort()).toEqual([
    "bulk.reconcile",
    "bulk.resume",
    "bulk.suspend",
    "cluster.resyncAll",
  ]);
  expect([...ALL_JOBS].map(({ name }) => name).sort()).toEqual(jobs.map(({ name }) => name).sort());
  for (const { item, concurrency, concurrencyPerCluster, interrupted } of jobs) {
    expect(all).toContain(item as AnyDeclaration);
    expect(item.audit).toBeDefined();
    expect(concurrency).toBeGreaterThan(0);
    expect(concurrencyPerCluster).toBeGreaterThan(0);
    expect(["again", "unknown"]).toContain(interrupted);
  }
});

describe.each(all.map((declared) => [declared.name, declared] as const))("%s", (_, declared) => {
  test("needs a permission that exists", () => {
    expect(PERMISSIONS as readonly string[]).toContain(declared.permission);
  });

  test("has a schema for what comes in and for what goes out, and says where it acts", () => {
    expect(declared.input).toBeInstanceOf(z.ZodType);
    expect(declared.output).toBeInstanceOf(z.ZodType);
    expect(declared.scope).toBeFunction();
  });

  test("is recorded exactly when it changes something", () => {
    if (declared.declared === "stream") return expect(declared).not.toHaveProperty("audit");
    if (declared.declared === "job") return expect(declared.audit.action).toMatch(/^[a-z_]+$/);
    const changes = declared.effect !== "read" && declared.effect !== "items";
    expect(declared.audit !== undefined).toBe(changes);
    if (changes) expect(declared.audit?.action).toMatch(/^[a-z_]+$/);
  });
});

test("a declaration that forgets what matters does not compile", () => {
  const parts = {
    name: "thing.done",
    scope: () => FLEET,
    input: z.void(),
    output: z.null(),
    run: async () => null,
  } as const;
  const audit = {
    action: "do",
    subject: () => ({ resourceType: "", resourceId: "", resourceName: "", clusterId: "", clusterName: "" }),
  };
  // @ts-expect-error without a permission
  operation({ ...parts, effect: "read" });
  // @ts-expect-error with a permission that does not exist
  operation({ ...parts, permission: "thing.do", effect: "read" });
  // @ts-expect-error a change of the database that nobody records
  operation({ ...parts, permission: "system.read", effect: "database" });
  // @ts-expect-error an action outside that nobody records
  operation({ ...parts, permission: "system.read", effect: "outside" });
  // @ts-expect-error recorded, though it changes nothing
  operation({ ...parts, permission: "system.read", effect: "read", audit });
  const { scope: _scope, ...nowhere } = parts;
  // @ts-expect-error without saying where
  operation({ ...nowhere, permission: "system.read", effect: "read" });
  // @ts-expect-error an answer that is not the output
  operation({ ...parts, permission: "system.read", effect: "read", run: async () => 1 });
  async function* frames() {
    yield { id: "", frame: null };
  }
  // @ts-expect-error a stream without a permission
  stream({ ...parts, openMax: 1, run: frames });
  // @ts-expect-error a stream that may be open without end
  stream({ ...parts, permission: "system.read", run: frames });

  const { run: _run, output: _output, ...submitted } = parts;
  const item = operation({ ...parts, permission: "system.read", effect: "outside", audit });
  const batch = {
    ...submitted,
    item,
    items: async () => [],
    concurrency: 1,
    concurrencyPerCluster: 1,
    skips: [],
    interrupted: "again",
    audit,
  } as const;
  // @ts-expect-error a job without a permission
  job(batch);
  const { audit: _audit, ...unrecorded } = batch;
  // @ts-expect-error a job that nobody records
  job({ ...unrecorded, permission: "system.read" });
  const { interrupted: _interrupted, ...undecided } = batch;
  // @ts-expect-error a job that does not say what becomes of an item that was under way
  job({ ...undecided, permission: "system.read" });
  expect(job({ ...batch, permission: "system.read" })).toMatchObject({ declared: "job", item });

  const declared = operation({ ...parts, permission: "system.read", effect: "outside", audit });
  expect(declared).toMatchObject({ declared: "operation", permission: "system.read" });
});
