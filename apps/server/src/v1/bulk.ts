import {
  bulkReconcile,
  bulkResume,
  bulkSuspend,
  cancelJob,
  getJob,
  type Job,
  previewBulk,
  watch,
} from "@flux-orchestrator/api";
import { BULK_ACTIONS, DomainError, type JobDetail } from "@flux-orchestrator/contract";
import { jsonAnswer } from "./json-answer.ts";
import { type InputOf, post, type V1Call, type V1Route } from "./route.ts";
import { isBulk, toBulkInput, toV1Bulk, toV1BulkDetail, toV1Preview } from "./shapes/bulk.ts";
import { bulkEvents } from "./shapes/bulk-events.ts";
import { EVENT_HEADERS } from "./text-stream.ts";

const JOBS: ReadonlyMap<string | undefined, Job> = new Map<string, Job>([
  ["reconcile", bulkReconcile as unknown as Job],
  ["suspend", bulkSuspend as unknown as Job],
  ["resume", bulkResume as unknown as Job],
]);
const path = "/api/v1/bulk/:id";

/** Other jobs are as if they were not there. */
async function bulkOf(call: V1Call): Promise<JobDetail> {
  const job = await call.perform(getJob, { id: call.params["id"] ?? "" });
  if (!isBulk(job)) throw new DomainError("NOT_FOUND", "There is no such job.");
  return job;
}

const submit: V1Route = {
  method: "POST",
  path: "/api/v1/bulk",
  async answer(call) {
    const body = await call.body();
    const job = JOBS.get(body.text("action"));
    if (job === undefined) throw new DomainError("INPUT_INVALID", `action: must be one of ${BULK_ACTIONS.join(", ")}.`);
    const stored = await call.submit(job, toBulkInput(body));
    return jsonAnswer(toV1Bulk(stored), { status: 202, headers: { Location: `/api/v1/bulk/${stored.id}` } });
  },
};

const get: V1Route = {
  method: "GET",
  path,
  answer: async (call) => jsonAnswer(toV1BulkDetail(await bulkOf(call))),
};

const events: V1Route = {
  method: "GET",
  path: `${path}/events`,
  async answer(call) {
    if (call.request.method === "GET")
      return bulkEvents(call.open(watch, { topics: [{ topic: "jobs" }] }), () => bulkOf(call));
    await bulkOf(call);
    return new Response(null, { headers: EVENT_HEADERS });
  },
};

const cancel: V1Route = {
  method: "DELETE",
  path,
  async answer(call) {
    const { id } = await bulkOf(call);
    return jsonAnswer(toV1Bulk(await call.perform(cancelJob, { id })));
  },
};

export const bulkRoutes = [
  submit,
  post("/bulk/preview", previewBulk, {
    async input(call) {
      const body = await call.body();
      // Judged by the operation's own schema, as everything that comes from outside.
      return { action: body.text("action"), ...toBulkInput(body) } as InputOf<typeof previewBulk>;
    },
    respond: toV1Preview,
  }),
  get,
  events,
  cancel,
];
