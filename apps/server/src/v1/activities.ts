import { cleanupActivities, getActivity, listActivities } from "@flux-orchestrator/api";
import { type Activity, DomainError } from "@flux-orchestrator/contract";
import { jsonAnswer } from "./json-answer.ts";
import { limitOf, nextPageHeaders } from "./list-limit.ts";
import { get, type InputOf, post, type V1Call, type V1Route } from "./route.ts";
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
  const filter = filterOf(call.query);
  const found: Activity[] = [];
  let cursor = call.query.get("cursor") ?? undefined;
  // One more than is wanted tells whether there is a next page.
  const pageSize = Math.min(limit + 1, PAGE_MAX);
  do {
    const page = await call.perform(listActivities, absentOnesLeftOut({ ...filter, cursor, limit: pageSize }));
    found.push(...page.activities.filter(hasEnded));
    cursor = page.nextCursor ?? undefined;
  } while (found.length <= limit && cursor !== undefined);
  const activities = found.slice(0, limit);
  return { activities, next: found.length > limit ? (activities.at(-1)?.id ?? null) : null };
}

type Filter = Omit<InputOf<typeof listActivities>, "cursor" | "limit">;

/** What the list is narrowed by. The original knew `cluster_id` alone; an empty one counts as absent, as there. */
function filterOf(query: URLSearchParams): Filter {
  const given = (name: string) => query.get(name) || undefined;
  const actions = query.getAll("action").filter((action) => action !== "");
  return absentOnesLeftOut({
    cluster: given("cluster_id"),
    kind: given("resource_type"),
    action: actions.length === 0 ? undefined : actions,
    actor: given("user_id"),
    // Whether it is one of them is for the operation to say.
    outcome: given("status") as Filter["outcome"],
    since: given("since"),
    until: given("until"),
  });
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
