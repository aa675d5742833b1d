import { fleetLog, followPodLog, listClusters, podLog } from "@flux-orchestrator/api";
import { jsonAnswer, UNTOUCHED } from "./json-answer.ts";
import type { V1Call, V1Route } from "./route.ts";
import { toV1FleetLog } from "./shapes/fleet-log.ts";
import { followingText } from "./shapes/following-text.ts";
import { lineText, tailOf } from "./shapes/log.ts";
import { namedPod, POD } from "./shapes/object.ts";

const given = <T>(name: string, value: T | null | undefined) => (value == null ? {} : { [name]: value });
const logAnswer = (value: object): Response => jsonAnswer(value, { headers: UNTOUCHED });
const isTrue = ({ query }: V1Call, name: string) => query.get(name) === "true";

/** `since=` a time, or `since_seconds=` ago. */
function sinceOf({ query }: V1Call): string | undefined {
  const seconds = Number(query.get("since_seconds"));
  if (seconds > 0 && seconds < 1e9) return new Date(Date.now() - seconds * 1000).toISOString();
  return query.get("since") ?? undefined;
}

const podLogInput = (call: V1Call) => ({
  ...namedPod(call),
  // An empty one lets the pod choose.
  ...given("container", call.query.get("container") || null),
  ...given("since", sinceOf(call)),
  tail: tailOf(call.query.get("tail"), { absent: 1000, none: "all" }),
});

const onePod: V1Route = {
  method: "GET",
  path: `/api/v1${POD}/logs`,
  async answer(call) {
    const withTimes = isTrue(call, "timestamps");
    if (isTrue(call, "follow") && call.request.method === "GET")
      return followingText(call.open(followPodLog, podLogInput(call)), withTimes);
    const input = { ...podLogInput(call), previous: isTrue(call, "previous") };
    const { lines, truncated } = await call.perform(podLog, input);
    const logs = lines.map((line) => lineText(line, withTimes)).join("");
    return logAnswer({ logs, ...(truncated ? { truncated } : {}) });
  },
};

const aggregated: V1Route = {
  method: "GET",
  path: "/api/v1/logs/aggregated",
  async answer(call) {
    const { query } = call;
    const wanted = query.getAll("cluster_id");
    const clusters = (await call.perform(listClusters, undefined)).map(({ id }) => id);
    // Ids that nobody knows are ignored; without any, all clusters are meant.
    const asked = wanted.length === 0 ? clusters : clusters.filter((id) => wanted.includes(id));
    if (asked.length === 0) return logAnswer(toV1FleetLog({ lines: [], complete: true, failures: [], leftOut: [] }));
    const log = await call.perform(fleetLog, {
      clusters: asked,
      ...given("namespace", query.get("namespace") || null),
      ...given("labelSelector", query.get("label_selector") || null),
      ...given("since", sinceOf(call)),
      tail: tailOf(query.get("tail_lines"), { absent: 100, none: "default" }),
    });
    return logAnswer(toV1FleetLog(log));
  },
};

export const logRoutes = [onePod, aggregated];
