import type { Cluster } from "./cluster.ts";
import type { Outgoing } from "./outgoing.ts";

/** Lines a log has before anybody follows it. */
const LINES = 200;
const FOLLOW_MS = 1_000;

/** The log of a controller's pod, one JSON line a second up to now, as Flux's controllers write. */
export function sendLog(cluster: Cluster, pod: string, query: URLSearchParams, out: Outgoing): void {
  const controller = pod.split("-").slice(0, -2).join("-");
  const withTime = query.get("timestamps") === "true";
  const nowSeconds = Math.floor(cluster.now() / 1000);
  const line = (second: number) => {
    const at = new Date(second * 1000).toISOString();
    const json = JSON.stringify({
      level: second % 40 === 0 ? "error" : "info",
      ts: at,
      msg: second % 40 === 0 ? "Reconciler error" : "no changes since last reconcilation: observed revision",
      controller,
    });
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
