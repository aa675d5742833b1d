import { DomainError } from "@flux-orchestrator/contract";
import type { Database } from "@flux-orchestrator/db";
import { z } from "zod";
import { FLEET } from "../src/authorize.ts";
import { job, operation } from "../src/operation.ts";

/** Names whose touch does not end before they are taken out again. */
export const held = new Set<string>();
const untilLetGo = async (name: string): Promise<void> => {
  while (held.has(name)) await Bun.sleep(5);
};

const subjectOf = (name: string) => ({
  resourceType: "thing",
  resourceId: name,
  resourceName: name,
  clusterId: "",
  clusterName: "",
});

const NEEDLESS = new DomainError("STATIC_KIND", "Nothing is to be done.", { hint: "Touch another." });

/** Leaves a row in `touches`; names that begin with "bad" fail after it. The right is asked for each name. */
const touchThing = operation({
  name: "thing.touch",
  permission: "resource.reconcile",
  scope: ({ name }) => ({ namespace: name }),
  effect: "outside",
  audit: { action: "touch", subject: ({ name }) => subjectOf(name) },
  input: z.object({ name: z.string() }),
  output: z.null(),
  async run(ctx, { name }) {
    await ctx.sql`insert into touches (name, pid) values (${name}, ${process.pid})`;
    await untilLetGo(name);
    if (name.startsWith("asleep")) throw new DomainError("SUSPENDED", `${name} sleeps.`, { hint: "Wake it first." });
    if (name.startsWith("bad")) throw new DomainError("CLUSTER_UNREACHABLE", `${name} does not answer.`);
    return null;
  },
});

const parts = {
  permission: "resource.reconcile",
  scope: () => FLEET,
  input: z.object({ names: z.array(z.string()) }),
  item: touchThing,
  concurrencyPerCluster: 1,
  skips: ["SUSPENDED"],
  items: async (_: unknown, { names }: { names: string[] }) =>
    names.map((name) => ({
      title: name,
      clusterId: null,
      input: { name },
      ...(name.startsWith("needless") ? { skip: NEEDLESS } : {}),
    })),
} as const;
const audit = (action: string) => ({ action, subject: () => subjectOf("several") });

/** Touching twice is as good as once. */
export const touchAgain = job({
  ...parts,
  name: "thing.touchAgain",
  audit: audit("touch_again"),
  concurrency: 2,
  interrupted: "again",
});
/** Touching twice would be wrong. */
export const touchOnce = job({
  ...parts,
  name: "thing.touchOnce",
  audit: audit("touch_once"),
  concurrency: 1,
  interrupted: "unknown",
});
export const TOUCH_JOBS = [touchAgain, touchOnce];

export async function createTouches(database: Database): Promise<void> {
  await database.sql`create table touches (id bigint generated always as identity, name text, pid int)`;
}
/** Names in the order in which they were touched. */
export async function touched(database: Database, prefix: string): Promise<string[]> {
  const rows = await database.sql<{ name: string }[]>`
    select name from touches where name like ${`${prefix}%`} or name like ${`bad-${prefix}%`} order by id`;
  return rows.map(({ name }) => name);
}
