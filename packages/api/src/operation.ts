import { type DomainError, type ErrorCode, Job as SubmittedJob } from "@flux-orchestrator/contract";
import type { z } from "zod";
import type { AuditSubject } from "./audit.ts";
import type { Scope } from "./authorize.ts";
import type { LookupContext, OperationContext } from "./context.ts";
import type { Permission } from "./permission.ts";

type Scopes = Scope | readonly Scope[];

interface Declaration<I extends z.ZodType, O extends z.ZodType> {
  /** `<entity>.<verb>`, unique: what the audit log, metrics and doors call it. */
  readonly name: `${string}.${string}`;
  readonly permission: Permission;
  /** Where the permission is needed. May look an id up; a set means that all of it is needed. */
  scope(input: z.output<I>, ctx: LookupContext): Scopes | Promise<Scopes>;
  readonly input: I;
  readonly output: O;
  /** The code of an invalid input by its first path segment; INPUT_INVALID for the others. */
  readonly invalid?: Readonly<Record<string, ErrorCode>>;
}

/** How an operation is recorded: two appended rows, what is about to happen and how it went. */
export interface Audit<I extends z.ZodType> {
  /** Verb of REST v1 activities: `reconcile`, `create`, `toggle_favorite`. */
  readonly action: string;
  subject(input: z.output<I>, ctx: LookupContext): AuditSubject | Promise<AuditSubject>;
}

/**
 * What running an operation changes.
 * `read`: nothing anybody would ask about later. `database`: our own rows only, so intent, change and outcome are one
 * transaction. `outside`: something else, so the intent is committed before and the outcome after. `cluster`: clusters
 * alone, by their guarded handles: they are read while the intent is being committed, and written to only then.
 * `items`: nothing itself; it performs other operations, each recorded on its own.
 */
type Effect<I extends z.ZodType> =
  | { readonly effect: "read" | "items"; readonly audit?: never }
  | { readonly effect: "database" | "outside" | "cluster"; readonly audit: Audit<I> };

export type Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> = Declaration<I, O> &
  Effect<I> & {
    readonly declared: "operation";
    run(ctx: OperationContext, input: z.output<I>): Promise<z.output<O>>;
    /** Runs after everything is committed, outside the transaction; its answer replaces the one of `run`. */
    afterCommit?(ctx: OperationContext, output: z.output<O>, input: z.output<I>): Promise<z.output<O>>;
  };

/** A subscription: authorized when opened and again while it is open; what it yields is a frame with its cursor. */
export interface Stream<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> extends Declaration<I, O> {
  readonly declared: "stream";
  /** How many may be open in one process: beyond it the next is refused. */
  readonly openMax: number;
  run(ctx: OperationContext, input: z.output<I>): AsyncIterable<{ id: string; frame: z.output<O> }>;
}

/** One call of a job's operation, before it is submitted. */
export interface NewJobItem {
  /** What people know it by. */
  readonly title: string;
  readonly clusterId: string | null;
  /** Stored as it is, and for as long as the job: never a secret. */
  readonly input: unknown;
  /** Why there is nothing to do for it: it is kept as skipped, and not performed. */
  readonly skip?: DomainError;
}

/** Many items of one operation, each performed with the rights its submitter has when it runs. */
export interface Job<I extends z.ZodType = z.ZodType> extends Declaration<I, typeof SubmittedJob> {
  readonly declared: "job";
  readonly audit: Audit<I>;
  /** Operation that every item goes through. */
  readonly item: Operation;
  /** The items, in the order in which they begin. */
  items(ctx: OperationContext, input: z.output<I>): Promise<readonly NewJobItem[]>;
  /** Items under way at once. */
  readonly concurrency: number;
  /** Of these, items of the same cluster. */
  readonly concurrencyPerCluster: number;
  /** Failures of an item that mean there was nothing to do for it: it counts as skipped. */
  readonly skips: readonly ErrorCode[];
  /**
   * What becomes of an item that was under way when its server was killed. `again`: it is run once more, which only an
   * idempotent operation allows. `unknown`: it ends so, for a person to look at.
   */
  readonly interrupted: "again" | "unknown";
}

export type AnyDeclaration = Operation<never, never> | Stream<never, never> | Job<never>;

/** Declares an operation. Without a permission, and without an audit where it changes something, it does not compile. */
export function operation<I extends z.ZodType, O extends z.ZodType>(
  declaration: Declaration<I, O> & Effect<I> & Pick<Operation<I, O>, "run" | "afterCommit">,
): Operation<I, O> {
  return { ...declaration, declared: "operation" } as Operation<I, O>;
}

/** Declares a stream. */
export function stream<I extends z.ZodType, O extends z.ZodType>(
  declaration: Omit<Stream<I, O>, "declared">,
): Stream<I, O> {
  return { ...declaration, declared: "stream" };
}

/** Declares a job; what it answers when it is submitted is the job as it stands. */
export function job<I extends z.ZodType>(declaration: Omit<Job<I>, "declared" | "output">): Job<I> {
  return { ...declaration, declared: "job", output: SubmittedJob };
}
