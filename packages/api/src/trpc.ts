import { DomainError, ERROR_STATUS, type ErrorBody, type ErrorCode, usualHint } from "@flux-orchestrator/contract";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import type { z } from "zod";
import type { DeclaredShape, RequestContext } from "./request-context.ts";

/** The error as tRPC clients get it: the code, the hint and the id to quote; never a stack, never an internal message. */
export type ErrorData = { code: ErrorCode; httpStatus: number; hint: string } & Pick<ErrorBody, "requestId" | "issues">;

/** tRPC's own failures, before any operation runs. */
const PROTOCOL_CODES: Partial<Record<TRPCError["code"], ErrorCode>> = {
  NOT_FOUND: "NOT_FOUND",
  METHOD_NOT_SUPPORTED: "METHOD_NOT_ALLOWED",
  PARSE_ERROR: "BODY_SYNTAX",
  BAD_REQUEST: "BODY_SYNTAX",
  UNSUPPORTED_MEDIA_TYPE: "CONTENT_TYPE",
  PAYLOAD_TOO_LARGE: "BODY_TOO_LARGE",
};
const PROTOCOL_MESSAGES: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: "There is no such procedure.",
  METHOD_NOT_ALLOWED: "This procedure is called with another method.",
  BODY_SYNTAX: "The request could not be read.",
  CONTENT_TYPE: "The request must be application/json.",
  BODY_TOO_LARGE: "The request is too large.",
};

const t = initTRPC.context<RequestContext>().create({
  isDev: false,
  errorFormatter({ error, shape, ctx }) {
    const cause = error.cause;
    const code: ErrorCode = cause instanceof DomainError ? cause.code : (PROTOCOL_CODES[error.code] ?? "INTERNAL");
    const message =
      cause instanceof DomainError ? cause.message : (PROTOCOL_MESSAGES[code] ?? "Something went wrong here.");
    const hint = (cause instanceof DomainError ? cause.hint : undefined) ?? usualHint(code);
    const data: ErrorData = { code, httpStatus: ERROR_STATUS[code], hint };
    if (cause instanceof DomainError && cause.options.issues !== undefined) data.issues = cause.options.issues;
    if (ctx !== undefined) data.requestId = ctx.requestId;
    return { code: shape.code, message, data };
  },
});

const STATUS_KEYS: Record<number, TRPCError["code"]> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_SUPPORTED",
  409: "CONFLICT",
  412: "PRECONDITION_FAILED",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  421: "BAD_REQUEST",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  501: "NOT_IMPLEMENTED",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};

/** Gives the pipeline's failures the code tRPC knows them by. */
const procedure = t.procedure.use(async ({ next }) => {
  const answer = await next();
  const cause = answer.ok ? undefined : answer.error.cause;
  if (!(cause instanceof DomainError)) return answer;
  throw toTrpcError(cause);
});

/** A failure of the pipeline as tRPC knows it. */
export const toTrpcError = (cause: DomainError): TRPCError =>
  new TRPCError({ code: STATUS_KEYS[cause.status] ?? "INTERNAL_SERVER_ERROR", message: cause.message, cause });

/** Hands the input through untouched: the pipeline validates it, once, for every door. */
const untouched = <I extends z.ZodType>() => ((input: unknown) => input) as (input: unknown) => z.input<I>;

export const router = t.router;

/** The door to an operation that changes something, or whose input must not stand in a URL. */
export function mutation<I extends z.ZodType, O extends z.ZodType>(operation: DeclaredShape<I, O>) {
  return procedure
    .input(untouched<I>())
    .mutation(({ ctx, input }): Promise<z.output<O>> => ctx.perform(operation, input));
}

/** The door to a job: answered as soon as it is stored; how it goes on is told by the stream. */
export function submission<I extends z.ZodType, O extends z.ZodType>(job: DeclaredShape<I, O>) {
  return procedure.input(untouched<I>()).mutation(({ ctx, input }): Promise<z.output<O>> => ctx.submit(job, input));
}

/** The door to an operation that reads. */
export function query<I extends z.ZodType, O extends z.ZodType>(operation: DeclaredShape<I, O>) {
  return procedure.input(untouched<I>()).query(({ ctx, input }): Promise<z.output<O>> => ctx.perform(operation, input));
}

/** The door to a stream. Each event's id is an opaque cursor: a client that reconnects resumes where it stopped. */
export function subscription<I extends z.ZodType, O extends z.ZodType>(stream: DeclaredShape<I, O>) {
  return procedure.input(untouched<I>()).subscription(async function* ({ ctx, input, signal }) {
    try {
      for await (const { id, frame } of ctx.live(stream, input, signal)) yield tracked<z.output<O>>(id, frame);
    } catch (error) {
      // Here the middleware is over. Clients open a stream again after a server error, and for ever after this one.
      throw error instanceof DomainError ? toTrpcError(error) : error;
    }
  });
}
