import { type CallContext, type Caller, runOnce } from "@flux-orchestrator/api";
import { DomainError } from "@flux-orchestrator/contract";
import { readText } from "./request-body.ts";

/** @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const IDEMPOTENCY_KEY = "idempotency-key";
/** On answers that were kept. */
const REPLAYED = "Idempotency-Replayed";

/** As most clients send it: visible ASCII. A comma would join two headers. */
const BARE = /^[!#-+\--~]+$/;
/** As the draft writes it: a string of RFC 9651. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])+)"$/;
const KEY_MAX = 255;

/**
 * Answers a request that carries an `Idempotency-Key`: the first one of its actor runs, its repeats get the same answer.
 * @param answer as this caller, with the body that was read
 * @throws DomainError IDEMPOTENCY_KEY, BODY_TOO_LARGE, and those of `runOnce`
 */
export async function answerOnce(
  call: CallContext,
  request: Request,
  answer: (caller: Caller, text: () => Promise<string>) => Promise<Response>,
): Promise<Response> {
  const key = keyOf(request.headers.get(IDEMPOTENCY_KEY) ?? "");
  const { pathname, search } = new URL(request.url);
  const text = await readText(request);
  const sent = [request.method, pathname, search, text];
  const { answer: kept, replayed } = await runOnce(call, { key, sent }, async (caller) => {
    const first = await answer(caller, async () => text);
    return { status: first.status, headers: Object.fromEntries(first.headers), body: await first.text() };
  });
  const headers = replayed ? { ...kept.headers, [REPLAYED]: "true" } : kept.headers;
  return new Response(kept.body, { status: kept.status, headers });
}

function keyOf(header: string): string {
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, "$1");
  const key = quoted ?? (BARE.test(header) ? header : "");
  if (key !== "" && key.length <= KEY_MAX) return key;
  throw new DomainError("IDEMPOTENCY_KEY", "Idempotency-Key: must be 1 to 255 visible ASCII characters.", {
    hint: "Send one key, for instance a UUID, as it is or in double quotes.",
  });
}
