import { DomainError } from "@flux-orchestrator/contract";
import type { Elysia } from "elysia";
import { v1ErrorAnswer } from "../http/error-body.ts";
import { jsonAnswer, V1_HEADERS } from "./json-answer.ts";
import { addRoute, type RestDeps } from "./register-routes.ts";
import type { V1Route } from "./route.ts";

/** Named one by one: a page's own `GET /*` would otherwise come before a route for all methods. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "ALL"] as const;

/** Answers everything under `/api/v1` that no row answers: cleaned paths, 405 with `Allow`, OPTIONS, and JSON 404. */
export function registerUnknownPaths(app: Elysia, deps: RestDeps, routes: readonly V1Route[]): void {
  const answer: V1Route["answer"] = async ({ request }) => {
    const { pathname, search } = new URL(request.url);
    if (pathname.includes("//")) {
      return new Response(null, { status: 301, headers: { Location: pathname.replace(/\/{2,}/g, "/") + search } });
    }
    const allow = methodsAt(routes, pathname);
    const headers: Record<string, string> = allow.length === 0 ? {} : { Allow: [...allow, "OPTIONS"].join(", ") };
    if (request.method === "OPTIONS") return new Response(null, { headers: { ...V1_HEADERS, ...headers } });
    if (allow.length === 0) throw new DomainError("NOT_FOUND", "There is nothing at this address.");
    const { status, body } = v1ErrorAnswer(
      new DomainError("METHOD_NOT_ALLOWED", `${request.method} is not possible at this address.`),
    );
    return jsonAnswer(body, { status, headers });
  };
  for (const path of ["/api/v1", "/api/v1/*"])
    for (const method of METHODS) addRoute(app, deps, { method, path, answer });
}

/** Methods of the rows at a path; none for a path that no row has. */
function methodsAt(routes: readonly V1Route[], pathname: string): string[] {
  const parts = pathname.split("/");
  const here = routes.filter(({ path }) => {
    const wanted = path.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]))
    );
  });
  return [...new Set(here.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
}
