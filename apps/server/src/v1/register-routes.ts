import { type Api, type Caller, type Logger, openStream, perform, submit, toDomainError } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import type { Elysia } from "elysia";
import { requestIdOf } from "../http/caller.ts";
import { compressed, takesAny } from "../http/compress.ts";
import { v1ErrorAnswer } from "../http/error-body.ts";
import { tookRoute } from "../http/route-of.ts";
import { inV1Words } from "./field-names.ts";
import { answerOnce, IDEMPOTENCY_KEY } from "./idempotency.ts";
import { jsonAnswer, UNTOUCHED } from "./json-answer.ts";
import { RequestBody, readText } from "./request-body.ts";
import type { OutputOf, V1Call, V1Route } from "./route.ts";

export interface RestDeps {
  api: Api;
  /** @throws DomainError UNAUTHENTICATED */
  callerOf(request: Request): Promise<Caller>;
  log: Logger;
}

/** Turns rows into Elysia routes; GET answers HEAD too, and every other row takes an `Idempotency-Key`. */
export function registerRoutes(app: Elysia, deps: RestDeps, routes: readonly V1Route[]): void {
  for (const route of routes) {
    const methods = route.method === "GET" ? ["GET", "HEAD"] : [route.method];
    for (const method of methods) addRoute(app, deps, { ...route, method, keyed: route.method !== "GET" });
  }
}

/** One method and path, its failures answered as REST v1 answers them. */
export function addRoute(
  app: Elysia,
  deps: RestDeps,
  route: Pick<V1Route, "answer" | "shownOnce"> & { method: string; path: string; keyed?: boolean },
): void {
  const handle = async ({ request, params }: { request: Request; params: Record<string, string> }) => {
    tookRoute(request, route.path);
    const failed = (error: unknown) => {
      const operation = `${route.method} ${route.path}`;
      const failure = toDomainError(error, { operation, requestId: requestIdOf(request), log: deps.log });
      const { status, headers, body } = v1ErrorAnswer(inV1Words(failure));
      return jsonAnswer(body, { status, headers });
    };
    const runAs = (by: Caller, text: () => Promise<string>) =>
      answer(deps, by, route, { request, params, text }).catch(failed);
    const answered = async (): Promise<Response> => {
      refuseUnanswerable(request);
      if (route.keyed === true) refusePrecondition(request);
      const caller = await deps.callerOf(request);
      if (route.keyed !== true || !request.headers.has(IDEMPOTENCY_KEY)) return runAs(caller, () => readText(request));
      if (route.shownOnce === true) throw notKept();
      return answerOnce(deps.api.context(caller), request, runAs);
    };
    const response = await answered().catch(failed);
    if (route.shownOnce === true) response.headers.set("Cache-Control", UNTOUCHED["Cache-Control"]);
    return compressed(request, response).catch(failed);
  };
  // Bodies are read by the route: in REST v1 they are JSON of any key case, and most routes take none.
  app.route(route.method, route.path, handle, { parse: "none" });
}

const notKept = () =>
  new DomainError(
    "IDEMPOTENCY_KEY",
    "Idempotency-Key: is not taken here, because the answer is told once and not kept.",
    {
      hint: "Send it without the key; if the answer is lost, revoke what was made and make another.",
    },
  );

/** Before anything is done that nobody could be told of. @throws DomainError NOT_FOUND, NOT_ACCEPTABLE */
function refuseUnanswerable(request: Request): void {
  // The router takes `/clusters/` for `/clusters`; in REST v1 it is another, unknown path.
  if (new URL(request.url).pathname.endsWith("/"))
    throw new DomainError("NOT_FOUND", "There is nothing at this address.");
  if (!takesAny(request))
    throw new DomainError("NOT_ACCEPTABLE", "Accept-Encoding: leaves nothing in which an answer could be sent.");
}

/**
 * No answer here has the strong tag that a condition is about, so it is false of all but `*`: who sends one must not have its
 * change made without it.
 * @throws DomainError PRECONDITION_FAILED
 */
function refusePrecondition(request: Request): void {
  const condition = request.headers.get("if-match");
  if (condition === null || condition.trim() === "*") return;
  throw new DomainError("PRECONDITION_FAILED", "If-Match: nothing here is at the version of such a tag.", {
    hint: "Send it without If-Match; the edit of an object takes the version it was read at as resourceVersion.",
  });
}

async function answer(
  deps: RestDeps,
  caller: Caller,
  route: Pick<V1Route, "answer">,
  { request, params, text }: { request: Request; params: Record<string, string>; text(): Promise<string> },
): Promise<Response> {
  const context = deps.api.context(caller);
  const call: V1Call = {
    request,
    params,
    query: new URL(request.url).searchParams,
    body: async () => RequestBody.parse(await text()),
    perform: async (operation, input) => (await perform(operation, context, input)) as OutputOf<typeof operation>,
    submit: (job, input) => submit(job, context, input),
    open: (stream, input) => openStream(stream, context, input),
    rights: async () => JSON.stringify(await context.deps.authorizer.visible(caller.actor, "resource.read")),
  };
  return route.answer(call);
}
