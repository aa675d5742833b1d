import { ResourceRef, WaitsFor } from "@flux-orchestrator/contract";
import {
  type EdgeRelation,
  fluxKind,
  HEALTHY,
  type ObjectRef,
  type Readiness,
  WAITED_FOR,
} from "@flux-orchestrator/flux";
import type { SqlRunner } from "../context.ts";
import { operation } from "../operation.ts";
import { toFunction } from "../query/to-function.ts";
import { storedRow } from "./one-resource.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope } from "./resource-key.ts";

/** Longer chains are cut: nobody reads them, and a broken cluster could make them as long as it has objects. */
const DEPTH_MAX = 20;
const WAITS_MAX = 200;
type Wait = WaitsFor["waits"][number];

/**
 * What keeps an object from going on: sources, charts, inputs and dependencies that are not Ready, what those wait for,
 * down to the cause. As stored; an object that waits for itself in the end is a loop, not an endless chain.
 *
 * @throws DomainError OBJECT_NOT_FOUND, CLUSTER_NOT_FOUND
 */
export const waitsFor = operation({
  name: "resource.waitsFor",
  permission: "resource.read",
  scope: resourceScope,
  effect: "read",
  input: ResourceRef,
  output: WaitsFor,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, ref) {
    const cluster = await ctx.findCluster(ref.cluster);
    const start = await storedRow(ctx.sql, cluster.id, keyOf(ref));
    const sees = toFunction(await ctx.visible("resource.read"));
    const waits = new Map<string, Wait>();
    let level = [{ id: start.id, ref: refOf(start) }];
    let more = false;
    for (let depth = 1; level.length > 0; depth++) {
      if (depth > DEPTH_MAX || waits.size >= WAITS_MAX) {
        more = true;
        break;
      }
      const waiterOf = new Map(level.map(({ id, ref }) => [id, ref]));
      level = [];
      for (const target of await targetsOf(ctx.sql, [...waiterOf.keys()])) {
        const { relation, waiterId, id, kind, namespace, name, ...found } = target;
        const facts = { clusterId: cluster.id, environment: cluster.environment, kind, namespace, name };
        const { word, message } = found;
        const isHidden = sees(word === null ? facts : { ...facts, word, message: message ?? "" }) !== true;
        if (!isHidden && isSatisfied(found)) continue;
        const waiter = { ref: waiterOf.get(waiterId)!, relation };
        const known = waits.get(nameOf(target));
        if (known !== undefined) known.waiters.push(waiter);
        else if (isHidden || id === null) {
          const state = isHidden ? "hidden" : fluxKind(kind) === undefined ? "unwatched" : "missing";
          waits.set(nameOf(target), { ...UNKNOWN, ref: refOf(target), state, waiters: [waiter], depth });
        } else {
          waits.set(nameOf(target), {
            ref: refOf(target),
            state: "cause",
            word,
            message: message ?? "",
            revision: found.revision,
            waiters: [waiter],
            depth,
          });
          // The chain has come back to its beginning: what that waits for is known.
          if (id !== start.id) level.push({ id, ref: refOf(target) });
        }
      }
    }
    return { waits: judged([...waits.values()]).filter(({ ref }) => nameOf(ref) !== nameOf(start)), more };
  },
});

const UNKNOWN = { word: null, message: "", revision: null } as const;

interface Target extends ObjectRef {
  relation: EdgeRelation;
  /** Row of who waits. */
  waiterId: string;
  /** Row of the target; null when there is none. */
  id: string | null;
  word: Readiness | null;
  message: string | null;
  revision: string | null;
  readyStatus: string | null;
}

const targetsOf = (sql: SqlRunner, waiterIds: readonly string[]): Promise<Target[]> =>
  sql<Target[]>`
    select e.relation, e.resource_id::text as "waiterId", e.kind, e.namespace, e.name,
      r.id::text as id, r.word, r.message, r.revision, r.ready_status as "readyStatus"
    from resource_edges e left join flux_resources r
      on r.cluster_id = e.cluster_id and r.kind = e.kind and r.namespace = e.namespace and r.name = e.name
    where e.resource_id = any(${[...waiterIds]}::bigint[]) and e.relation = any(${[...WAITED_FOR]})
    order by e.resource_id, e.relation, e.kind, e.namespace, e.name`;

/** A suspended object that is Ready is good enough for whoever depends on it. */
const isSatisfied = ({ word, readyStatus }: Pick<Target, "word" | "readyStatus">): boolean =>
  word !== null && (HEALTHY.has(word) || (word === "Suspended" && readyStatus === "True"));

/** Tells from who waits for whom which are causes, and which wait for themselves. */
function judged(waits: Wait[]): Wait[] {
  const waitedBy = new Map(waits.map((wait) => [nameOf(wait.ref), wait.waiters.map(({ ref }) => nameOf(ref))]));
  const waiting = new Set([...waitedBy.values()].flat());
  return waits.map((wait) => {
    if (wait.state !== "cause" || !waiting.has(nameOf(wait.ref))) return wait;
    return { ...wait, state: isInLoop(nameOf(wait.ref), waitedBy) ? "loop" : "waits" };
  });
}

/** Whether following who waits for it leads back to it. */
function isInLoop(name: string, waitedBy: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const next = [...(waitedBy.get(name) ?? [])];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (one === name) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    next.push(...(waitedBy.get(one) ?? []));
  }
  return false;
}

const refOf = ({ kind, namespace, name }: ObjectRef): ObjectRef => ({ kind, namespace, name });
const nameOf = ({ kind, namespace, name }: ObjectRef): string => `${kind}/${namespace}/${name}`;
