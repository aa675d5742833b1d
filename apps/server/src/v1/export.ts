import { exportCluster, exportPage, exportResources, getCluster, type LegacyResource } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import { attachment } from "./attachment.ts";
import { csvLine } from "./csv.ts";
import { V1_HEADERS, V1_JSON_HEADERS, v1Json } from "./json-answer.ts";
import { pagesFrom } from "./pages.ts";
import type { InputOf, OutputOf, V1Call, V1Route } from "./route.ts";
import { toV1Cluster } from "./shapes/cluster.ts";
import { kindsOf } from "./shapes/kinds.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";
import { toV1Resource } from "./shapes/resource.ts";
import { v1Time } from "./shapes/time.ts";
import { textStream } from "./text-stream.ts";

type Filter = InputOf<typeof exportPage>;
type Pages = AsyncGenerator<OutputOf<typeof exportPage>>;

const COLUMNS: Record<string, (resource: LegacyResource) => string> = {
  ClusterID: (resource) => resource.clusterId,
  Kind: (resource) => resource.kind,
  Namespace: (resource) => resource.namespace,
  Name: (resource) => resource.name,
  Status: (resource) => resource.status,
  Message: (resource) => resource.message,
  LastReconcile: ({ lastReconcile }) => (lastReconcile === null ? "" : v1Time(lastReconcile)),
};
const OF_FLEET = Object.keys(COLUMNS);
const OF_CLUSTER = OF_FLEET.filter((column) => column !== "ClusterID");

export const exportRoutes: readonly V1Route[] = [
  {
    method: "GET",
    path: "/api/v1/clusters/:id/export",
    async answer(call) {
      const key = { cluster: call.params["id"] ?? "" };
      const name = (cluster: string) => `${cluster}-${isCsv(call) ? "resources.csv" : "export.json"}`;
      if (isHead(call)) {
        const cluster = await call.perform(getCluster, key);
        await call.perform(exportPage, key);
        return file(call, name(cluster.name), null);
      }
      const { cluster, exportedAt } = await call.perform(exportCluster, key);
      const pages = await readPages(call, { ...key, kind: kindsOf(new URLSearchParams()) });
      const head = `{"cluster":${v1Json(toV1Cluster(cluster))},"exported_at":${v1Json(v1Time(exportedAt))},"resources":`;
      const text = isCsv(call) ? csvLines(OF_CLUSTER, pages) : inside(head, pages, () => "}\n");
      return file(call, name(cluster.name), text);
    },
  },
  {
    method: "GET",
    path: "/api/v1/resources/export",
    async answer(call) {
      const name = isCsv(call) ? "flux-resources.csv" : "flux-resources.json";
      const filter = absentOnesLeftOut({ kind: kindsOf(call.query), status: statusOf(call.query) });
      if (isHead(call)) {
        await call.perform(exportPage, filter);
        return file(call, name, null);
      }
      const { exportedAt } = await call.perform(exportResources, filter);
      const pages = await readPages(call, filter);
      if (isCsv(call)) return file(call, name, csvLines(OF_FLEET, pages));
      const filters = { status: call.query.get("status") ?? "", kind: call.query.get("kind") ?? "" };
      const head = `{"exported_at":${v1Json(v1Time(exportedAt))},"filters":${v1Json(filters)},"resources":`;
      // Behind the resources, because only then it is known.
      return file(
        call,
        name,
        inside(head, pages, (count) => `,"count":${count}}\n`),
      );
    },
  },
];

/** Nothing leaves with an answer to HEAD, so nothing is recorded: it is refused as GET would be, and says what the file is called. */
const isHead = ({ request }: V1Call): boolean => request.method === "HEAD";
const isCsv = ({ query }: V1Call): boolean => query.get("format") === "csv";

/** The first page is read before anything is answered: what can be refused is refused in words. */
async function readPages(call: V1Call, filter: Filter): Promise<Pages> {
  const first = await call.perform(exportPage, filter);
  return pagesFrom(first, (after: NonNullable<typeof first.next>) => call.perform(exportPage, { ...filter, after }));
}

function statusOf(query: URLSearchParams): Filter["status"] {
  const status = query.get("status") || undefined;
  if (status === undefined || status === "Ready" || status === "NotReady" || status === "Unknown") return status;
  throw new DomainError("INPUT_INVALID", "status: must be Ready, NotReady or Unknown.");
}

/** A JSON text around a list of resources, a page at a time. */
async function* inside(head: string, pages: Pages, tail: (count: number) => string): AsyncGenerator<string> {
  let before = `${head}[`;
  let count = 0;
  for await (const { resources } of pages) {
    if (resources.length === 0) continue;
    yield before + resources.map((resource) => v1Json(toV1Resource(resource))).join(",");
    before = ",";
    count += resources.length;
  }
  yield `${count === 0 ? before : ""}]${tail(count)}`;
}

async function* csvLines(columns: readonly string[], pages: Pages): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const { resources } of pages)
    if (resources.length > 0)
      yield resources.map((resource) => csvLine(columns.map((column) => COLUMNS[column]!(resource)))).join("");
}

function file(call: V1Call, name: string, text: AsyncGenerator<string, void> | null): Response {
  const kind = isCsv(call) ? { ...V1_HEADERS, "Content-Type": "text/csv" } : V1_JSON_HEADERS;
  return new Response(text === null ? null : textStream(text), {
    headers: { ...kind, "Content-Disposition": attachment(name) },
  });
}
