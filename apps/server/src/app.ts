import {
  type Api,
  appRouter,
  type Logger,
  liveEventStream,
  type RequestContext,
  toDomainError,
  toTrpcError,
} from "@flux-orchestrator/api";
import { DomainError, type OwnHosts } from "@flux-orchestrator/contract";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Elysia } from "elysia";
import { Registry } from "prom-client";
import { callerOf, requestIdOf, trpcDoor } from "./http/caller.ts";
import { retryAfterHeader } from "./http/error-body.ts";
import { errorResponse } from "./http/error-response.ts";
import { createFront } from "./http/front.ts";
import { repeatsKey } from "./http/repeats-key.ts";
import { tookRoute } from "./http/route-of.ts";
import type { StaticFiles } from "./http/static-files.ts";
import type { Metrics } from "./metrics/create-metrics.ts";
import { readText, repeatedKey } from "./v1/request-body.ts";
import { restV1 } from "./v1/rest-v1.ts";

export interface AppDeps {
  api: Api;
  log: Logger & { debug(fields: object, message: string): void };
  hosts: () => OwnHosts;
  /** Undefined: no dashboard is built, as under `bun run dev`, where another server serves it. */
  files: StaticFiles | undefined;
  /** Whether the database answers and the fleet is being watched. */
  ready: () => Promise<boolean>;
  answered: Metrics["answered"];
  /** What a scrape of the metrics is answered. */
  exposition: () => Promise<string>;
}

/** Calls one batch may hold. */
const BATCH_MAX = 50;

const isJson = (type: string | null): boolean => /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type ?? "");

/**
 * The request as tRPC reads it. What is no JSON is for tRPC to refuse.
 * @throws DomainError BODY_TOO_LARGE; INPUT_INVALID when a key is there twice
 */
async function withReadBody(request: Request): Promise<Request> {
  const text = await readText(request);
  const { method, headers, signal, url } = request;
  const read = new Request(url, { method, headers, signal, body: text });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return read;
  }
  if (repeatsKey(text, value)) throw repeatedKey();
  return read;
}

/** When trying again makes sense: of several calls in one batch, once all of them can go on. */
function retryAfter(errors: readonly { cause?: unknown }[]): Record<string, string> {
  const waits = errors.flatMap(({ cause }) => (cause instanceof DomainError ? (cause.retryAfterMs ?? []) : []));
  return waits.length === 0 ? {} : retryAfterHeader(Math.max(...waits));
}

/** Everything this server answers. No I/O happens before the first request, so that each test builds its own. */
export function createApp(deps: AppDeps): { fetch(request: Request): Promise<Response> } {
  const { api, files, log } = deps;
  /** Who asks over tRPC; a token that is none is refused before anything is looked at. */
  const contextOf = async (request: Request): Promise<RequestContext> =>
    api.requestContext(await callerOf(api, request, trpcDoor(request)));
  const refusalOf = (request: Request, error: unknown): DomainError =>
    toDomainError(error, { operation: "token.use", requestId: requestIdOf(request), log });
  const refused = (request: Request, error: unknown): Response => {
    const { code, message, hint } = refusalOf(request, error);
    const requestId = requestIdOf(request);
    return errorResponse(code, message, hint === undefined ? { requestId } : { requestId, hint });
  };
  const trpc = async ({ request }: { request: Request }): Promise<Response> => {
    tookRoute(request, "/trpc/*");
    // tRPC itself would take forms and bytes, and read whatever charset as UTF-8.
    if (request.method === "POST" && !isJson(request.headers.get("content-type")))
      return errorResponse("CONTENT_TYPE", "The request must be application/json.", {
        requestId: requestIdOf(request),
      });
    let req = request;
    try {
      if (request.method === "POST") req = await withReadBody(request);
    } catch (error) {
      return refused(request, error);
    }
    return fetchRequestHandler({
      endpoint: "/trpc",
      req,
      router: appRouter,
      maxBatchSize: BATCH_MAX,
      responseMeta: ({ errors }) => ({ headers: retryAfter(errors) }),
      createContext: () =>
        contextOf(request).catch((error: unknown) => {
          throw toTrpcError(refusalOf(request, error));
        }),
    });
  };
  const app = new Elysia()
    .get("/trpc/live.watch", ({ request }) =>
      contextOf(request).then(
        (context) => liveEventStream(context, request),
        (error: unknown) => refused(request, error),
      ),
    )
    // By method: with a wildcard GET for the page, Elysia would prefer that one to `all`.
    .get("/trpc/*", trpc)
    .post("/trpc/*", trpc, { parse: "none" })
    .use(restV1({ api, callerOf: (request) => callerOf(api, request, "rest"), log, health: { ready: deps.ready } }))
    .get("/metrics", async ({ request }) => {
      tookRoute(request, "/metrics");
      return new Response(await deps.exposition(), { headers: { "content-type": Registry.PROMETHEUS_CONTENT_TYPE } });
    })
    .get("/*", ({ request }) => page(request, files))
    .onError(({ code, request, error }) => {
      const requestId = requestIdOf(request);
      if (code === "NOT_FOUND") return errorResponse("NOT_FOUND", "There is nothing at this address.", { requestId });
      log.error({ err: error, requestId }, "a request failed unexpectedly");
      return errorResponse("INTERNAL", "Something went wrong here.", { requestId });
    });
  return {
    fetch: createFront({
      hosts: deps.hosts,
      log,
      answered: deps.answered,
      route: (request) => app.handle(request),
      shell: () => files?.shell() ?? noDashboard(),
    }),
  };
}

/** A file of the dashboard, or the page itself: it knows its own addresses. */
function page(request: Request, files: StaticFiles | undefined): Response {
  if (files === undefined) return noDashboard();
  const path = readablePath(request);
  if (path === undefined) return errorResponse("NOT_FOUND", "There is nothing at this address.");
  const file = files.file(request, path);
  if (file !== undefined) return file;
  // A file that is not there is not the page: a script must not be answered with HTML. No page's address has a dot in front.
  const isAsset = path.startsWith("/_app/") || /\/\.|\.[a-z0-9]{2,5}$/i.test(path);
  return isAsset ? errorResponse("NOT_FOUND", "There is no such file.") : files.shell(request);
}

/** Undefined where a percent sign stands for no character: the page could not read such an address either. */
function readablePath(request: Request): string | undefined {
  try {
    return decodeURI(new URL(request.url).pathname);
  } catch {
    return undefined;
  }
}

const noDashboard = (): Response =>
  errorResponse("NOT_FOUND", "The dashboard is not built here.", {
    hint: "Run bun run start, or open the address that bun run dev prints.",
  });
