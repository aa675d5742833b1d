import type { Sql } from "@flux-orchestrator/db";
import { LivingObject } from "../living-object.ts";

/** The list of a dashboard that fetches every resource with its whole object, as the original's does. */
export interface FullList extends AsyncDisposable {
  /** One answer, read to its end. */
  ask(): Promise<unknown>;
}

export async function serveFullList(sql: Sql, rows: number): Promise<FullList> {
  const object = JSON.stringify(new LivingObject(SAMPLE).toObject());
  await sql`create table if not exists full_list (id bigint primary key, cluster text, kind text, namespace text, name text, status text, message text, object jsonb)`;
  await sql`
    insert into full_list
    select n, 'cluster-1', 'Kustomization', 'apps', 'app-' || n, 'Ready', 'Applied revision', ${object}::text::jsonb
    from generate_series(1, ${rows}) as n on conflict do nothing`;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async () => Response.json(await sql`select * from full_list order by id`),
  });
  return {
    ask: async () => (await fetch(`http://127.0.0.1:${server.port}/`)).arrayBuffer(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const SAMPLE = {
  group: "kustomize.toolkit.fluxcd.io",
  kind: "Kustomization",
  namespace: "apps",
  name: "podinfo",
  uid: "8d1f0c5e-0000-4000-8000-000000000000",
};
