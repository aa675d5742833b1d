import { exportCluster, exportPage, exportResources, type LegacyResource } from "@flux-orchestrator/api";
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
      const { cluster, exportedAt } = await call.perform(exportCluster, key);
      const pages = await readPages(call, { ...key, kind: kindsOf(new URLSearchParams()) });
      if (isCsv(call)) return csvFile(`${cluster.name}-resources.csv`, OF_CLUSTER, pages);
      const head = `{"cluster":${v1Json(toV1Cluster(cluster))},"exported_at":${v1Json(v1Time(exportedAt))},"resources":`;
      return jsonFile(
        `${cluster.name}-export.json`,
        inside(head, pages, () => "}\n"),
      );
    },
  },
  {
    method: "GET",
    path: "/api/v1/resources/export",
    async answer(call) {
      const filter = absentOnesLeftOut({ kind: kindsOf(call.query), status: statusOf(call.query) });
      const { exportedAt } = await call.perform(exportResources, filter);
      const pages = await readPages(call, filter);
      if (isCsv(call)) return csvFile("flux-resources.csv", OF_FLEET, pages);
      const filters = { status: call.query.get("status") ?? "", kind: call.query.get("kind") ?? "" };
      const head = `{"exported_at":${v1Json(v1Time(exportedAt))},"filters":${v1Json(filters)},"resources":`;
      // Behind the resources, because only then it is known.
      return jsonFile(
        "flux-resources.json",
        inside(head, pages, (count) => `,"count":${count}}\n`),
      );
    },
  },
];

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

const csvFile = (fileName: string, columns: readonly string[], pages: Pages): Response =>
  new Response(textStream(csvLines(columns, pages)), {
    headers: { ...V1_HEADERS, "Content-Type": "text/csv", "Content-Disposition": attachment(fileName) },
  });

const jsonFile = (fileName: string, pieces: AsyncGenerator<string>): Response =>
  new Response(textStream(pieces), {
    headers: { ...V1_JSON_HEADERS, "Content-Disposition": attachment(fileName) },
  });
