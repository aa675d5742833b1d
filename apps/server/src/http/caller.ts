import type { Actor, Caller, Through } from "@flux-orchestrator/api";

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

/** Who calls, and through which door. */
export function callerOf(request: Request, through: Through): Caller {
  return { actor: LOCAL_ACTOR, requestId: requestIdOf(request), through, signal: request.signal };
}

/** Only browsers say where a request comes from, so a program that speaks tRPC is taken for the SDK. */
export const trpcDoor = (request: Request): Through =>
  request.headers.get("sec-fetch-site") === "same-origin" ? "dashboard" : "sdk";
