import { cleanupActivities, getActivity, listActivities } from "@flux-orchestrator/api";
import { type Activity, DomainError } from "@flux-orchestrator/contract";
import { jsonAnswer } from "./json-answer.ts";
import { limitOf, nextPageHeaders } from "./list-limit.ts";
import { get, post, type V1Call, type V1Route } from "./route.ts";
import { hasEnded, toV1Activity } from "./shapes/activity.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";

const LIMIT = 50;
/** The operation gives this many at once. */
const PAGE_MAX = 200;

const activityList: V1Route = {
  method: "GET",
  path: "/api/v1/activities",
  async answer(call) {
    const { activities, next } = await readActivities(call, limitOf(call.query) ?? LIMIT);
    return jsonAnswer(activities.map(toV1Activity), { headers: nextPageHeaders(call.request, next) });
  },
};

/** The newest that have ended, and the cursor of those after them; null when there are none. */
async function readActivities(call: V1Call, limit: number): Promise<{ activities: Activity[]; next: string | null }> {
  const cluster = call.query.get("cluster_id") || undefined;
  const found: Activity[] = [];
  let cursor = call.query.get("cursor") ?? undefined;
  // One more than is wanted tells whether there is a next page.
  const pageSize = Math.min(limit + 1, PAGE_MAX);
  do {
    const page = await call.perform(listActivities, absentOnesLeftOut({ cluster, cursor, limit: pageSize }));
    found.push(...page.activities.filter(hasEnded));
    cursor = page.nextCursor ?? undefined;
  } while (found.length <= limit && cursor !== undefined);
  const activities = found.slice(0, limit);
  return { activities, next: found.length > limit ? (activities.at(-1)?.id ?? null) : null };
}

export const activityRoutes = [
  activityList,
  get("/activities/:id", getActivity, {
    input: ({ params }) => ({ id: params["id"] ?? "" }),
    respond(activity) {
      if (!hasEnded(activity)) throw new DomainError("NOT_FOUND", "There is no such activity.");
      return toV1Activity(activity);
    },
  }),
  post("/activities/cleanup", cleanupActivities, {
    respond: ({ remaining }) => ({ message: "Activities cleaned up", remaining_activities: remaining }),
  }),
];
