import type { Logger } from "@flux-orchestrator/api";
import { judgeOrigin, type OwnHosts } from "@flux-orchestrator/contract";
import type { Answered } from "../metrics/http-metrics.ts";
import { requestIdOf } from "./caller.ts";
import { errorResponse } from "./error-response.ts";
import { routeOf, tookRoute } from "./route-of.ts";

/** Bytes of a request's body: a kubeconfig of 256 KiB, escaped, has half a megabyte at most. */
export const BODY_MAX = 1024 * 1024;

/** Headers of every answer, whatever made it; one that is set already stays. */
const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

/** The dashboard's files and page, and every address that nothing else answers. */
const PAGE = "/*";

export interface FrontOptions {
  /** Host headers that are ours, known once the port is. */
  hosts: () => OwnHosts;
  log: Logger & { debug(fields: object, message: string): void };
  route: (request: Request) => Response | Promise<Response>;
  /** The page itself without any data: all that a link from elsewhere gets. */
  shell: () => Response | Promise<Response>;
  /** Told of every answer. */
  answered: (answer: Answered) => void;
}

/**
 * What every request passes before anything is routed: is it meant for us, and does it come from our own page or from a
 * program of the user. And what every answer gets: a request id, security headers, a line in the log, its figures.
 */
export function createFront(options: FrontOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const startedMs = performance.now();
    const requestId = requestIdOf(request);
    let response: Response;
    try {
      response = await admit(request, options);
    } catch (error) {
      options.log.error({ err: error, requestId }, "a request failed unexpectedly");
      response = errorResponse("INTERNAL", "Something went wrong here.", { requestId });
    }
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!headers.has(name)) headers.set(name, value);
    headers.set("x-request-id", requestId);
    const { method } = request;
    const ms = performance.now() - startedMs;
    options.answered({ method, route: routeOf(request), status: response.status, ms });
    const changes = method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
    const line = {
      requestId,
      method,
      path: pathOf(request),
      status: response.status,
      ms: Math.round(ms),
    };
    options.log[changes || response.status >= 500 ? "info" : "debug"](line, "request");
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

function admit(request: Request, { hosts, route, shell }: FrontOptions): Response | Promise<Response> {
  const header = (name: string) => request.headers.get(name);
  const verdict = judgeOrigin(
    {
      method: request.method,
      host: header("host"),
      origin: header("origin"),
      fetchSite: header("sec-fetch-site"),
      fetchMode: header("sec-fetch-mode"),
      fetchDest: header("sec-fetch-dest"),
    },
    hosts(),
  );
  const requestId = requestIdOf(request);
  switch (verdict) {
    case "misdirected":
      return errorResponse("MISDIRECTED", "This server does not answer under that name.", {
        requestId,
        hint: `Use ${hosts().url}.`,
      });
    case "foreign":
      return errorResponse("CSRF", "Requests from other web pages are not answered.", {
        requestId,
        hint: "Call this server from a program, or from its own page.",
      });
    case "navigation":
      tookRoute(request, PAGE);
      return shell();
    case "own":
      if (Number(header("content-length") ?? 0) > BODY_MAX)
        return errorResponse("BODY_TOO_LARGE", "The request is larger than 1 MiB.", { requestId });
      // What it says in the end would be known only once it was unpacked, however much that is.
      if (/[^\s,]/.test((header("content-encoding") ?? "").replaceAll(/\bidentity\b/gi, "")))
        return errorResponse("CONTENT_TYPE", "Bodies that are compressed are not read.", {
          requestId,
          hint: "Send the body as it is, without Content-Encoding.",
        });
      // Unless a route says otherwise.
      tookRoute(request, PAGE);
      return route(request);
  }
}

/** Without the query: it may hold what somebody searched for. */
const pathOf = (request: Request): string => new URL(request.url).pathname;
