import type { Fragment } from "postgres";
import type { SqlRunner } from "../context.ts";
import { inLabelSets } from "../query/label-sets.ts";
import {
  all,
  branchesOf,
  isOfColumn,
  isOfPlace,
  NOTHING,
  ofClusters,
  type Predicate,
  speaksOf,
  termsOf,
} from "../query/predicate.ts";
import { byName, rowsOf } from "../query/rows-of.ts";
import { toClustersSql, toSql } from "../query/to-sql.ts";
import { areMoreThan } from "./facets.ts";
import { KEYS, type PageWanted, type Part, range, unionOf, type WalkTo, type Way } from "./page-range.ts";
import { isRegistered } from "./resource-rows.ts";
import { orderOf } from "./sort.ts";
import { keyWalks } from "./walk-keys.ts";

/** Matches that cost less to sort than to walk past the others of the order. */
const FEW = 1_000;
/** Index entries, and rows, that are looked at to learn whether matches lie close together. */
const ENTRIES = 5_000;
const ROWS = 2_000;
/** Of so many names in their order, one in so many matches where most do. */
const NAMES = 1_000;
const MOST = 20;

/** What is read of the rows of a page, over `r` (flux_resources), `c` (its cluster) and `o` (flux_objects). */
export interface PageColumns {
  readonly columns: Fragment;
  /** Whether the columns are of the documents too: large, they are read when it is known which rows the page has. */
  readonly documents?: boolean;
}

/**
 * Reads one page: few matches are found by whichever filter narrows most and sorted, many by walking the index of the order
 * from where the page begins. Neither costs more the deeper the page lies. Objects of clusters that are no longer
 * registered are left out.
 */
export async function readPage<Row extends object>(
  sql: SqlRunner,
  wanted: PageWanted,
  read: PageColumns,
): Promise<Row[]> {
  const way = await wayTo(sql, wanted);
  return typeof way === "function"
    ? sql<Row[]>`${rowsOn(sql, wanted, { way, read })}`
    : walked(sql, wanted, { walks: way, read });
}

/** One walk behind the other: the next is taken when the page is not full yet. */
async function walked<Row extends object>(
  sql: SqlRunner,
  wanted: PageWanted,
  { walks, read }: { walks: readonly WalkTo[]; read: PageColumns },
): Promise<Row[]> {
  const documents = read.documents === true ? sql`left join flux_objects o on o.resource_id = r.id` : sql``;
  const rows: Row[] = [];
  for (const walk of walks) {
    const count = wanted.count - rows.length;
    if (count === 0) break;
    const { from, orderBy } = walk(sql, { ...wanted, count });
    rows.push(...(await sql<Row[]>`select ${read.columns} from ${from} ${documents} order by ${orderBy}`));
  }
  return rows;
}

/** The first rows on a way, in the order of the query. */
function rowsOn(sql: SqlRunner, wanted: PageWanted, { way, read }: { way: Way; read: PageColumns }): Fragment {
  const { orderBy } = orderOf(sql, wanted.query);
  const found = sql`(${way(sql, wanted)}) p join flux_resources r on r.id = p.id join clusters c on c.id = r.cluster_id`;
  const first = sql`order by ${orderBy} limit ${wanted.count}`;
  if (read.documents !== true) return sql`select ${read.columns} from ${found} ${first}`;
  return sql`
    select ${read.columns} from (select r.id from ${found} ${first}) p
    join flux_resources r on r.id = p.id join clusters c on c.id = r.cluster_id left join flux_objects o on o.resource_id = r.id
    order by ${orderBy}`;
}

/** Ranges of the order that hold what comes after the cursor. */
const places = (sql: SqlRunner, { query, after }: PageWanted): readonly [Fragment, ...Fragment[]] =>
  after === null ? [sql`true`] : orderOf(sql, query).after(after);

/** One way, or walks whose rows follow each other. */
async function wayTo(sql: SqlRunner, wanted: PageWanted): Promise<Way | readonly WalkTo[]> {
  const isByKey = wanted.query.sort === "key";
  // All that lies between such matches is passed over in the index of keys.
  if (isByKey && speaksOf(wanted.predicate, isOfPlace)) return keyWalks(wanted);
  if (await areFew(sql, wanted)) return sorted;
  if (isByKey) return keyWalks(wanted);
  if (wanted.query.sort === "cluster") return byCluster;
  return isInNames(wanted) && !(await areMostNames(sql, wanted)) ? inNames : inOrder;
}

async function areFew(sql: SqlRunner, wanted: PageWanted): Promise<boolean> {
  if (wanted.total !== null) return wanted.total <= FEW;
  const ofColumns = termsOf(wanted.predicate).filter((term) => speaksOf(term, isOfColumn));
  const isCounted = speaksOf(wanted.predicate, isOfColumn);
  if ((isCounted || ofColumns.length > 0) && !(await areMoreThan(sql, FEW, all(...ofColumns)))) return true;
  if (isCounted || isInNames(wanted)) return false;
  return !(await areClose(sql, wanted));
}

/** Whether the order is that of the names which are searched: they lead to their rows one after the other, however many. */
const isInNames = ({ query, predicate }: PageWanted): boolean => {
  const { named, others } = byName(branchesOf(predicate)[0]);
  return query.sort === "name" && named !== undefined && speaksOf(others, isOfColumn);
};

/** Whether a page of matches is found by walking a short way. */
async function areClose(sql: SqlRunner, { predicate, labelSets, count }: PageWanted): Promise<boolean> {
  if (labelSets === "many") return true;
  const [named] = branchesOf(predicate);
  const isKey = (term: Predicate) => speaksOf(term, (part) => isOfColumn(part) || "named" in part);
  const length = isKey(named) ? ENTRIES : ROWS;
  const [found] = await sql<{ count: number }[]>`
    select count(*)::int as count from (
      select from (select ${isKey(named) ? sql`${KEYS(sql, { sort: "changed", descending: false })}, r.kind` : sql`r.*`} from flux_resources r order by r.changed_at desc, r.id desc limit ${length}) r
      where ${toSql(sql, named)} limit ${count}
    ) as found`;
  return (found?.count ?? 0) >= count;
}

function sorted(sql: SqlRunner, wanted: PageWanted): Fragment {
  const branches = branchesOf(wanted.predicate).map((branch) => {
    const { from, where } = rowsOf(sql, branch);
    return sql`select ${KEYS(sql, wanted.query)} from ${from} where ${where} and ${inLabelSets(sql, wanted.labelSets)}`;
  });
  return sql`
    with matches as materialized (${unionOf(sql, branches)})
    select r.id from matches r ${wanted.query.sort === "cluster" ? sql`join clusters c on c.id = r.cluster_id` : sql``}
    where ${isRegistered(sql)} and (${places(sql, wanted).reduce((so, place) => sql`${so} or ${place}`)})
    order by ${orderOf(sql, wanted.query).orderBy} limit ${wanted.count}`;
}

/** The first rows of each branch of each range: among them are the first of all. */
function inParts(sql: SqlRunner, wanted: PageWanted, partOf: typeof range): Fragment {
  const { orderBy } = orderOf(sql, wanted.query);
  const parts = branchesOf(wanted.predicate).flatMap((branch) =>
    places(sql, wanted).map((place) =>
      partOf(sql, wanted, { branch, among: sql`${place} and ${isRegistered(sql)}`, orderBy }),
    ),
  );
  return unionOf(sql, parts);
}
const inOrder: Way = (sql, wanted) => inParts(sql, wanted, range);
const inNames: Way = (sql, wanted) => inParts(sql, wanted, throughNames);

/** Names from the cursor on, over `r` (resource_names), and their order. */
function namesFrom(sql: SqlRunner, { query, after }: PageWanted): { here: Fragment; direction: Fragment } {
  const direction = query.descending ? sql`desc` : sql`asc`;
  if (after === null) return { here: sql`true`, direction };
  const [namespace, name] = after.map(String);
  const cursor = sql`(${namespace ?? ""}::text, ${name ?? ""}::text)`;
  return {
    here: query.descending ? sql`(r.namespace, r.name) <= ${cursor}` : sql`(r.namespace, r.name) >= ${cursor}`,
    direction,
  };
}

/** Whether so many of the next names are those searched that to sort them all takes longer than to walk past the others. */
async function areMostNames(sql: SqlRunner, wanted: PageWanted): Promise<boolean> {
  const { named } = byName(branchesOf(wanted.predicate)[0]);
  const { here, direction } = namesFrom(sql, wanted);
  const [found] = await sql<{ count: number }[]>`
    select count(*)::int as count from (
      select from (
        select r.namespace, r.name from resource_names r where ${here}
        order by r.namespace ${direction}, r.name ${direction} limit ${NAMES}
      ) r where ${toSql(sql, named ?? NOTHING)} limit ${NAMES / MOST}
    ) as found`;
  return (found?.count ?? 0) >= NAMES / MOST;
}

/** Names in their order, each with its rows; no name is looked at once the page is full. */
function throughNames(sql: SqlRunner, wanted: PageWanted, part: Part): Fragment {
  const { named, others } = byName(part.branch);
  if (named === undefined) return range(sql, wanted, part);
  const { count } = wanted;
  const { here, direction } = namesFrom(sql, wanted);
  return sql`
    (select r.* from (
      select r.namespace, r.name from resource_names r
      where ${toSql(sql, named)} and ${here} order by r.namespace ${direction}, r.name ${direction}
    ) n cross join lateral (
      ${range(sql, wanted, { ...part, branch: others, among: sql`r.namespace = n.namespace and r.name = n.name and ${part.among}` })}
    ) r order by n.namespace ${direction}, n.name ${direction}, r.id ${direction} limit ${count})`;
}

/** Clusters in the order of their slugs, each one range; no cluster is looked at once the page is full. */
function byCluster(sql: SqlRunner, wanted: PageWanted): Fragment {
  const { predicate, query, after, count } = wanted;
  const within = orderOf(sql, { ...query, sort: "name" });
  const bySlug = query.descending ? sql`c.slug collate "C" desc` : sql`c.slug collate "C"`;
  const part = (clusters: Fragment, begin: Fragment) => sql`
    (select r.id from (
      select c.id, c.slug from clusters c
      where c.deleted_at is null and ${toClustersSql(sql, ofClusters(predicate))} and ${clusters} order by ${bySlug}
    ) c cross join lateral (
      ${unionOf(
        sql,
        branchesOf(predicate).map((branch) =>
          range(sql, wanted, { branch, among: sql`r.cluster_id = c.id and ${begin}`, orderBy: within.orderBy }),
        ),
      )}
    ) r order by ${bySlug}, ${within.orderBy} limit ${count})`;
  if (after === null) return part(sql`true`, sql`true`);
  const [slug, ...position] = after;
  const here = sql`${String(slug)}::text collate "C"`;
  const later = query.descending ? sql`c.slug collate "C" < ${here}` : sql`c.slug collate "C" > ${here}`;
  return sql`${part(sql`c.slug = ${here}`, within.after(position)[0])} union all ${part(later, sql`true`)}`;
}
