import { expect, test } from "bun:test";
import type { Database } from "@flux-orchestrator/db";
import { tableHashes } from "../src/v1/test-unchanged.ts";

/** In every value that may be secret: no answer, no line of the log and no record may hold it. */
export const MARK = "q7mark5z";

/** How a request goes in: a method and a path of REST v1, or a procedure of tRPC and its kind. */
export type Ask = `${"GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "PATCH" | "query" | "mutation"} ${string}`;

/** One bad input: who is asked, with what, and what is answered. A code of undefined: it is no failure. */
export type BadInput = readonly [ask: Ask, input: unknown, status: number, code?: string | undefined];

/** Bad inputs by their number in the corpus, with what they have in common. */
export type Family = Readonly<Record<`B${number} ${string}`, readonly BadInput[]>>;

export interface Place {
  readonly url: string;
  readonly database: Database;
  readonly logged: string;
}

export interface Sent {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: every test says itself what it expects of an answer.
  json: any;
}

/** Sends one request through its door; what is no text is sent as JSON. */
export async function send(
  place: Place,
  ask: Ask,
  input: unknown,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const [how = "", what = ""] = ask.split(" ");
  const text = typeof input === "string" ? input : input === undefined ? undefined : JSON.stringify(input);
  const isQuery = how === "query";
  const path = isQuery || how === "mutation" ? `/trpc/${what}` : `/api/v1${what}`;
  const query = isQuery && text !== undefined ? `?input=${encodeURIComponent(text)}` : "";
  const method = isQuery ? "GET" : how === "mutation" ? "POST" : how;
  const response = await fetch(place.url + path + query, {
    method,
    keepalive: false,
    headers: { ...(isQuery || input === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(isQuery || text === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, text: answer, json: parsed(answer) };
}

/** Code and hint of a failure, whichever door it came through. */
export const failureOf = ({ json }: Sent): { code?: string; hint?: string } => json?.error?.data ?? json ?? {};

/**
 * One test for each row of a family: every input is answered as the table says, with a hint, an id to quote and nothing of
 * the input, and no table changes.
 *
 * @param options.fill puts what is known only once everything runs into an address or input
 * @param options.after checked after each row
 */
export function testBadInput(
  place: Place,
  family: Family,
  options: { fill?: (text: string) => string; after?: () => void | Promise<void> } = {},
): void {
  const { fill = (text) => text, after } = options;
  const filled = <T>(value: T): T => (value === undefined ? value : (JSON.parse(fill(JSON.stringify(value))) as T));
  test.each(Object.entries(family))("%s", async (_name, inputs) => {
    const before = await tableHashes(place.database);
    const faults: string[] = [];
    for (const [ask, input, status, code] of inputs) {
      const sent = await send(place, filled(ask), filled(input));
      const { code: told, hint } = failureOf(sent);
      const isFailure = code !== undefined && !ask.startsWith("HEAD");
      const wrong = [
        sent.status === status && (!isFailure || told === code) ? "" : `${sent.status} ${told}, not ${status} ${code}`,
        isFailure && !hint ? "without a hint" : "",
        sent.headers.has("x-request-id") ? "" : "without an id to quote",
        sent.text.includes(MARK) || JSON.stringify([...sent.headers]).includes(MARK) ? "echoed" : "",
      ].filter((what) => what !== "");
      if (wrong.length > 0) faults.push(`${ask} ${JSON.stringify(input)?.slice(0, 160) ?? ""}: ${wrong.join(", ")}`);
    }
    expect(faults).toEqual([]);
    expect(await tableHashes(place.database)).toEqual(before);
    await after?.();
  });
  test("nothing of it stands in the log or a record, and nothing failed unexpectedly", async () => {
    const lines = place.logged.split("\n");
    expect(lines.filter((line) => line.includes(MARK) || line.includes('"level":"error"'))).toEqual([]);
    const recorded = await place.database.sql`select * from audit_events a where a::text like ${`%${MARK}%`}`;
    expect([...recorded]).toEqual([]);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
