import type { z } from "zod";

/** What a door knows of a declaration: enough to type an answer, nothing of how it is made. */
export interface DeclaredShape<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: I;
  readonly output: O;
}

/** What a tRPC procedure gets: the pipeline, already bound to who asks. No rule and no table is within its reach. */
export interface RequestContext {
  readonly requestId: string;
  perform<I extends z.ZodType, O extends z.ZodType>(
    operation: DeclaredShape<I, O>,
    input: unknown,
  ): Promise<z.output<O>>;
  submit<I extends z.ZodType, O extends z.ZodType>(job: DeclaredShape<I, O>, input: unknown): Promise<z.output<O>>;
  live<I extends z.ZodType, O extends z.ZodType>(
    stream: DeclaredShape<I, O>,
    input: unknown,
    signal: AbortSignal | undefined,
  ): AsyncIterable<{ id: string; frame: z.output<O> }>;
}
