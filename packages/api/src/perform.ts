import { DomainError } from "@flux-orchestrator/contract";
import type { z } from "zod";
import { type AuditEntry, recordIntent, recordOutcome } from "./audit.ts";
import { authorize, type Scope } from "./authorize.ts";
import type { CallContext, LookupContext, SqlRunner } from "./context.ts";
import { toDomainError } from "./errors.ts";
import { lookupContext, operationContext, type RunState } from "./operation-context.ts";
import type { Operation } from "./operation.ts";
import { validate } from "./validate.ts";

/**
 * The only way to run an operation, for every door: validate → authorize → record the intent → run → record the
 * outcome → map errors. The caller was authenticated when its context was made.
 *
 * @throws DomainError, never anything else
 */
export async function perform<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  input: unknown,
): Promise<z.output<O>> {
  const state: RunState = { note: "", intentId: null };
  try {
    const lookup = lookupContext(call);
    const valid = validate(declared, input);
    await admit(declared, call, { lookup, valid });
    const ctx = (sql: SqlRunner) => operationContext(call, lookup, { sql, state });
    const output = declared.audit === undefined ? await declared.run(ctx(lookup.sql), valid) : await audited(declared, call, { lookup, valid, state });
    return declared.afterCommit === undefined ? output : await declared.afterCommit(ctx(lookup.sql), output, valid);
  } catch (error) {
    throw toDomainError(error, { operation: declared.name, requestId: call.caller.requestId, log: call.deps.log });
  }
}

/** Authorizes where the operation says it acts. A refused change is recorded as one. */
async function admit<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid }: { lookup: LookupContext; valid: z.output<I> },
): Promise<void> {
  const scope = await declared.scope(valid, lookup);
  const scopes: readonly Scope[] = Array.isArray(scope) ? scope : [scope as Scope];
  try {
    await authorize(call.deps.authorizer, call.caller.actor, { permission: declared.permission, scopes });
  } catch (error) {
    if (declared.audit !== undefined && error instanceof DomainError) {
      const entry = await entryOf(declared, call, { lookup, valid });
      const intentId = await recordIntent(lookup.sql, entry);
      await recordOutcome(lookup.sql, entry, { intentId, outcome: "failed", message: error.message });
    }
    throw error;
  }
}

interface Run<I extends z.ZodType> {
  lookup: LookupContext;
  valid: z.output<I>;
  state: RunState;
}

async function audited<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  run: Run<I>,
): Promise<z.output<O>> {
  const entry = await entryOf(declared, call, run);
  return declared.effect === "database" ? inTransaction(declared, call, { ...run, entry }) : aroundOutside(declared, call, { ...run, entry });
}

/** Intent, change and outcome are one transaction: there is no moment in which one stands without the others. */
async function inTransaction<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid, state, entry }: Run<I> & { entry: AuditEntry },
): Promise<z.output<O>> {
  try {
    return (await call.deps.database.sql.begin(async (tx) => {
      const intentId = await intend(tx, entry);
      state.intentId = intentId;
      const output = await declared.run(operationContext(call, lookup, { sql: tx, state }), valid);
      await recordOutcome(tx, entry, { intentId, outcome: "success", message: state.note });
      return output;
    })) as z.output<O>;
  } catch (error) {
    const failure = toDomainError(error, { operation: declared.name, requestId: call.caller.requestId, log: call.deps.log });
    // The attempt was rolled back with the change; that it was made is kept.
    await call.deps.database.sql
      .begin(async (tx) => {
        const intentId = await recordIntent(tx, entry);
        await recordOutcome(tx, entry, { intentId, outcome: "failed", message: failure.message });
      })
      .catch((cause) => call.deps.log.error({ err: cause, operation: declared.name, requestId: call.caller.requestId }, "a failed attempt could not be recorded"));
    throw failure;
  }
}

/** The intent is committed before anything is touched; a crash in between leaves it without an outcome, shown as unknown. */
async function aroundOutside<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid, state, entry }: Run<I> & { entry: AuditEntry },
): Promise<z.output<O>> {
  const sql = lookup.sql;
  const intentId = await intend(sql, entry);
  state.intentId = intentId;
  const close = (outcome: "success" | "failed" | "unknown", message: string) =>
    recordOutcome(sql, entry, { intentId, outcome, message }).catch((cause) =>
      call.deps.log.error({ err: cause, operation: declared.name, requestId: call.caller.requestId, intentId }, "an outcome could not be recorded"),
    );
  let output: z.output<O>;
  try {
    output = await declared.run(operationContext(call, lookup, { sql, state }), valid);
  } catch (error) {
    const failure = toDomainError(error, { operation: declared.name, requestId: call.caller.requestId, log: call.deps.log });
    await close(UNSURE.has(failure.code) ? "unknown" : "failed", failure.message);
    throw failure;
  }
  await close("success", state.note);
  return output;
}

/** After these nobody can say whether the API server acted. */
const UNSURE: ReadonlySet<string> = new Set(["CLUSTER_TIMEOUT", "INTERNAL"]);

/** @throws DomainError AUDIT_UNAVAILABLE: what cannot be recorded is not done */
async function intend(sql: SqlRunner, entry: AuditEntry): Promise<string> {
  try {
    return await recordIntent(sql, entry);
  } catch (cause) {
    throw new DomainError("AUDIT_UNAVAILABLE", "Nothing was done: the attempt could not be recorded in the audit log.", { cause, retryAfterMs: 2000 });
  }
}

async function entryOf<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid }: { lookup: LookupContext; valid: z.output<I> },
): Promise<AuditEntry> {
  const subject = await declared.audit!.subject(valid, lookup);
  const { actor, through, requestId } = call.caller;
  return { ...subject, actor, through, requestId, operation: declared.name, action: declared.audit!.action };
}
