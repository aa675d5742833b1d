import type { Job, Operation, Stream } from "@flux-orchestrator/api";
import { jsonAnswer } from "./json-answer.ts";
import type { RequestBody } from "./request-body.ts";

/** What an operation or a stream takes, and what an operation gives, as their schemas say. */
export type InputOf<D extends Operation | Stream> = D["input"]["_zod"]["input"];
export type OutputOf<D extends Operation> = D["output"]["_zod"]["output"];

type OutputOfJob = Job["output"]["_zod"]["output"];

/** What a stream tells, each frame with the cursor after it. */
export type Told<Frame> = AsyncGenerator<{ id: string; frame: Frame }>;

/** One request, with what a route may do with it. */
export interface V1Call {
  readonly request: Request;
  /** Parts of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** @throws DomainError BODY_SYNTAX, BODY_TOO_LARGE */
  body(): Promise<RequestBody>;
  /** @throws DomainError */
  perform<D extends Operation>(operation: D, input: InputOf<D>): Promise<OutputOf<D>>;
  /** Starts a job: answers how it stands. @throws DomainError */
  submit(job: Job, input: unknown): Promise<OutputOfJob>;
  /** Opens a stream; it ends with the request. @throws DomainError, while it is read */
  open<S extends Stream>(stream: S, input: S["input"]["_zod"]["input"]): Told<S["output"]["_zod"]["output"]>;
  /** The caller's rights to read resources as text: who sees other rows has other text. */
  rights(): Promise<string>;
}

export type V1Method = "GET" | "POST" | "PUT" | "DELETE";

/** A row of a route table. `path` is the whole path, with `:name` for its parts. */
export interface V1Route {
  readonly method: V1Method;
  readonly path: `/${string}`;
  /** Its answer holds a secret that is told once: nothing of it is kept, so it takes no `Idempotency-Key`. */
  readonly shownOnce?: true;
  answer(call: V1Call): Promise<Response>;
}

/** How a legacy request becomes the operation's input, and its output the legacy answer. */
type Shape<D extends Operation> = {
  respond(output: OutputOf<D>): unknown;
  /** 200 unless told. */
  status?: number;
} & (undefined extends InputOf<D> ? { input?: never } : { input(call: V1Call): InputOf<D> | Promise<InputOf<D>> });

const row =
  (method: V1Method) =>
  <D extends Operation>(path: `/${string}`, operation: D, shape: Shape<D>): V1Route => ({
    method,
    path: `/api/v1${path}`,
    async answer(call) {
      const input = (await shape.input?.(call)) as InputOf<D>;
      const output = await call.perform(operation, input);
      return jsonAnswer(shape.respond(output), { status: shape.status ?? 200 });
    },
  });

export const get = row("GET");
export const post = row("POST");
export const put = row("PUT");
/** DELETE. */
export const remove = row("DELETE");
