import { DomainError } from "@flux-orchestrator/contract";
import type { z } from "zod";
import { type AuditEntry, recordIntent, recordOutcome } from "./audit.ts";
import { authorize, type Scope } from "./authorize.ts";
import type { CallContext, LookupContext, SqlRunner } from "./context.ts";
import type { Job, Operation } from "./operation.ts";

/** What runs through the pipeline's first half: checked, authorized and recorded before anything happens. */
export type Admitted<I extends z.ZodType, O extends z.ZodType> = Operation<I, O> | Job<I>;

/** A call whose input is valid. */
export interface Valid<I extends z.ZodType> {
  lookup: LookupContext;
  valid: z.output<I>;
}

/** Authorizes where the declaration says it acts. A refused change is recorded as one. */
export async function admit<I extends z.ZodType, O extends z.ZodType>(
  declared: Admitted<I, O>,
  call: CallContext,
  { lookup, valid }: Valid<I>,
): Promise<void> {
  const scope = await declared.scope(valid, lookup);
  const scopes: readonly Scope[] = Array.isArray(scope) ? scope : [scope as Scope];
  try {
    await authorize(call.deps.authorizer, call.caller.actor, { permission: declared.permission, scopes });
  } catch (error) {
    if (declared.audit !== undefined && error instanceof DomainError) {
      const entry = await entryOf(declared, call, { lookup, valid });
      const { message } = error;
      await recordable(call.deps.database.sql.begin((tx) => recordFailure(tx, entry, message)));
    }
    throw error;
  }
}

/** An attempt that changed nothing, as one: its intent and its outcome. */
export async function recordFailure(tx: SqlRunner, entry: AuditEntry, message: string): Promise<void> {
  const intentId = await recordIntent(tx, entry);
  await recordOutcome(tx, entry, { intentId, outcome: "failed", message });
}

/** The attempt was rolled back with the change; that it was made is kept. */
export async function keepFailure(call: CallContext, entry: AuditEntry, message: string): Promise<void> {
  const { database, log } = call.deps;
  await database.sql
    .begin((tx) => recordFailure(tx, entry, message))
    .catch((cause) =>
      log.error(
        { err: cause, operation: entry.operation, requestId: entry.requestId },
        "a failed attempt could not be recorded",
      ),
    );
}

/** @throws DomainError AUDIT_UNAVAILABLE: what cannot be recorded is not done */
export async function recordable<T>(recorded: Promise<T>): Promise<T> {
  try {
    return await recorded;
  } catch (cause) {
    throw new DomainError(
      "AUDIT_UNAVAILABLE",
      "Nothing was done: the attempt could not be recorded in the audit log.",
      { cause, retryAfterMs: 2000 },
    );
  }
}

/** The call as the audit log names it; only for what is recorded. */
export async function entryOf<I extends z.ZodType, O extends z.ZodType>(
  declared: Admitted<I, O>,
  call: CallContext,
  { lookup, valid }: Valid<I>,
): Promise<AuditEntry> {
  const subject = await declared.audit!.subject(valid, lookup);
  const { actor, through, requestId, idempotencyKey } = call.caller;
  return {
    ...subject,
    actor,
    through,
    requestId,
    idempotencyKey,
    operation: declared.name,
    action: declared.audit!.action,
  };
}
