import type { Made } from "./registry.ts";

/** An answer that was given. */
export interface Answered {
  method: string;
  /** Template of the route, `/api/v1/clusters/:id`; undefined for a request that was refused before it was routed. */
  route: string | undefined;
  status: number;
  ms: number;
}

/** Others are one series together: whoever sends them decides the word. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

/** Counts answers. Names and labels are those of REST v1; `path` is the route, never what was asked for. */
export function httpMetrics({ counter, histogram }: Made): (answered: Answered) => void {
  const requests = counter(
    "http_requests_total",
    "Requests answered, by route. OPTIONS and refused ones are not among them.",
    ["method", "path", "status"],
  );
  const duration = histogram("http_request_duration_seconds", "From the request to the headers of its answer.", {
    labelNames: ["method", "path"],
  });
  const refused = counter(
    "http_refused_total",
    "Requests refused before they were routed: 421 another name, 403 another page, 413 too large.",
    ["status"],
  );
  return ({ method, route, status, ms }) => {
    if (route === undefined) return refused.inc({ status });
    if (method === "OPTIONS") return;
    const labels = { method: METHODS.has(method) ? method : "other", path: route };
    requests.inc({ ...labels, status });
    duration.observe(labels, ms / 1000);
  };
}
