import type { Actor, Api, Caller, Through } from "@flux-orchestrator/api";

/** Without login everybody on this computer is the one actor. */
const LOCAL_ACTOR: Actor = { id: "system" };
const requestIds = new WeakMap<Request, string>();

/** The id under which a request is logged and answered. */
export function requestIdOf(request: Request): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const id = crypto.randomUUID();
  requestIds.set(request, id);
  return id;
}

const BEARER = /^bearer(?: +(.*))?$/i;

/**
 * Who calls, and through which door: whoever a token says, else the one actor of this computer.
 * @throws DomainError UNAUTHENTICATED for a token that is none: it never falls back to more than it holds
 */
export async function callerOf(api: Pick<Api, "actorOf">, request: Request, through: Through): Promise<Caller> {
  const bearer = BEARER.exec(request.headers.get("authorization") ?? "");
  const actor = bearer === null ? LOCAL_ACTOR : await api.actorOf(bearer[1] ?? "");
  return { actor, requestId: requestIdOf(request), through, signal: request.signal };
}

/** Only browsers say where a request comes from, so a program that speaks tRPC is taken for the SDK. */
export const trpcDoor = (request: Request): Through =>
  request.headers.get("sec-fetch-site") === "same-origin" ? "dashboard" : "sdk";
