import { PodDesign } from "../applied/part-design.ts";
import type { StoredObject } from "../objects/revision.ts";
import type { Cluster } from "./cluster.ts";
import type { Outgoing } from "./outgoing.ts";

/** Lines a log has before anybody follows it. */
const LINES = 200;
const FOLLOW_MS = 1_000;

/** The log of a pod, one JSON line a second up to now: as Flux's controllers write, or as what serves requests. */
export function sendLog(
  cluster: Cluster,
  { design, latest }: StoredObject,
  query: URLSearchParams,
  out: Outgoing,
): void {
  const writer = design.name.split("-").slice(0, -2).join("-");
  const says = !(design instanceof PodDesign) ? ofController : latest.word === "Failed" ? ofCrashing : ofService;
  const withTime = query.get("timestamps") === "true";
  const nowSeconds = Math.floor(cluster.now() / 1000);
  const line = (second: number) => {
    const at = new Date(second * 1000).toISOString();
    const json = JSON.stringify({ ...says(second, writer), ts: at });
    return `${withTime ? `${at} ` : ""}${json}\n`;
  };
  const sinceSeconds = Number(query.get("sinceSeconds") ?? LINES);
  const tail = Math.min(Number(query.get("tailLines") ?? LINES), sinceSeconds, LINES);
  const past = Array.from({ length: tail }, (_, index) => line(nowSeconds - tail + 1 + index)).join("");
  let timer: ReturnType<typeof setInterval> | undefined;
  out.open(200, () => clearInterval(timer), "text/plain");
  if (past !== "") out.write(past);
  if (query.get("follow") !== "true") {
    out.end();
    return;
  }
  timer = setInterval(() => out.write(line(Math.floor(cluster.now() / 1000))), FOLLOW_MS);
}

const ofController = (second: number, controller: string) =>
  second % 40 === 0
    ? { level: "error", msg: "Reconciler error", controller }
    : { level: "info", msg: "no changes since last reconcilation: observed revision", controller };

const PATHS = ["/healthz", "/", "/api/orders", "/api/orders/7", "/metrics", "/api/carts"];
const ofService = (second: number, service: string) => {
  const path = PATHS[second % PATHS.length]!;
  const [level, status] = second % 47 === 0 ? ["error", 502] : second % 29 === 0 ? ["warn", 404] : ["info", 200];
  return { level, msg: `GET ${path} ${status} ${3 + (second % 41)}ms`, service };
};
const ofCrashing = (second: number, service: string) =>
  second % 30 === 0
    ? { level: "info", msg: "starting", service }
    : { level: "error", msg: "cannot connect to its database: connection refused", service };
