import { httpLink, TRPCUntypedClient } from "@trpc/client";
import type { Connection, Fetch } from "./client-options.ts";
import { errorOfAnswer } from "./error-of-answer.ts";
import { errorOfCode } from "./error-of-code.ts";
import { errorOfFailure } from "./error-of-failure.ts";
import type { AppRouter } from "./router-types.ts";

/** What a call takes beside its input. */
export interface CallOptions {
  /** Ends the call; its reason is then what is thrown. */
  readonly signal?: AbortSignal;
}

export type Call = (
  type: "query" | "mutation",
  path: string,
  call: { input: unknown; options?: CallOptions },
) => Promise<unknown>;

/** tRPC describes a stream's body in its own way, which the platform's fits only in part. */
type FetchOf<Link extends (options: never) => unknown> = NonNullable<
  (Parameters<Link>[0] & { fetch?: unknown })["fetch"]
>;

/** Each call is a request of its own: one that takes long holds up no other. */
export function callerOf(connection: Connection, timeoutMs: number): Call {
  const fetch: Fetch = async (input, init) => {
    const response = await connection.fetch(input, init);
    // tRPC would only say that it is no JSON, and not who answered.
    if (!response.headers.get("content-type")?.includes("json")) throw errorOfAnswer(undefined, response.status);
    return response;
  };
  const trpc = new TRPCUntypedClient<AppRouter>({
    links: [httpLink({ url: connection.url, fetch: fetch as FetchOf<typeof httpLink> })],
  });
  return async (type, path, { input, options = {} }) => {
    const { signal: asked } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = asked === undefined ? timeout : AbortSignal.any([asked, timeout]);
    try {
      return await (type === "query" ? trpc.query(path, input, { signal }) : trpc.mutation(path, input, { signal }));
    } catch (error) {
      if (asked?.aborted) throw asked.reason;
      if (!timeout.aborted) throw errorOfFailure(error);
      throw errorOfCode({
        code: "TIMEOUT",
        message: `${path} was not answered within ${timeoutMs / 1000} s.`,
        hint:
          type === "query"
            ? "Try again, or give it more time with timeoutMs."
            : "It may have been done: look before trying again.",
        cause: error,
      });
    }
  };
}
