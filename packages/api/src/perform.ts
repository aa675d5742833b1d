import type { ErrorCode } from "@flux-orchestrator/contract";
import { appendLog } from "@flux-orchestrator/db";
import type { z } from "zod";
import { admit, entryOf, keepFailure, recordable, type Valid } from "./admit.ts";
import { type AuditEntry, recordIntent, recordOutcome } from "./audit.ts";
import type { CallContext, SqlRunner } from "./context.ts";
import { toDomainError } from "./errors.ts";
import type { Operation } from "./operation.ts";
import { lookupContext, newRunState, operationContext, type RunState } from "./operation-context.ts";
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
  const state = newRunState();
  const startedMs = performance.now();
  const ended = (outcome: ErrorCode | "OK") =>
    call.deps.metrics.operation(declared.name, outcome, performance.now() - startedMs);
  try {
    const lookup = lookupContext(call);
    const valid = validate(declared, input);
    await admit(declared, call, { lookup, valid });
    const ctx = (sql: SqlRunner) => operationContext(call, lookup, { sql, state });
    const output =
      declared.audit === undefined
        ? await declared.run(ctx(lookup.sql), valid)
        : await audited(declared, call, { lookup, valid, state });
    const answer =
      declared.afterCommit === undefined ? output : await declared.afterCommit(ctx(lookup.sql), output, valid);
    ended("OK");
    return answer;
  } catch (error) {
    const failure = toDomainError(error, {
      operation: declared.name,
      requestId: call.caller.requestId,
      log: call.deps.log,
    });
    ended(failure.code);
    throw failure;
  }
}

interface Run<I extends z.ZodType> extends Valid<I> {
  state: RunState;
}

async function audited<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  run: Run<I>,
): Promise<z.output<O>> {
  const entry = await entryOf(declared, call, run);
  const output =
    declared.effect === "database"
      ? await inTransaction(declared, call, { ...run, entry })
      : await aroundOutside(declared, call, { ...run, entry });
  call.deps.fleet.feed.announce();
  return output;
}

/** Intent, change and outcome are one transaction: there is no moment in which one stands without the others. */
async function inTransaction<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid, state, entry }: Run<I> & { entry: AuditEntry },
): Promise<z.output<O>> {
  try {
    return (await call.deps.database.sql.begin(async (tx) => {
      const intentId = await recordable(recordIntent(tx, entry));
      state.intentId = intentId;
      const output = await declared.run(operationContext(call, lookup, { sql: tx, state }), valid);
      await recordable(recordOutcome(tx, entry, { intentId, outcome: "success", message: state.note }));
      if (state.told.length > 0) await appendLog(tx, state.told);
      return output;
    })) as z.output<O>;
  } catch (error) {
    const failure = toDomainError(error, {
      operation: declared.name,
      requestId: call.caller.requestId,
      log: call.deps.log,
    });
    await keepFailure(call, entry, failure.message);
    throw failure;
  }
}

/**
 * The intent is committed before anything is touched, of clusters alone before anything is written; a crash in between leaves
 * it without an outcome, shown as unknown.
 */
async function aroundOutside<I extends z.ZodType, O extends z.ZodType>(
  declared: Operation<I, O>,
  call: CallContext,
  { lookup, valid, state, entry }: Run<I> & { entry: AuditEntry },
): Promise<z.output<O>> {
  const { ledger } = call;
  const intended = recordable(ledger.intend(entry));
  state.intended = intended;
  // Whoever waits for it is told; nobody may be at it yet.
  intended.catch(() => {});
  if (declared.effect === "outside") state.intentId = await intended;
  const fail = async (error: unknown) => {
    state.run?.stored.reject(error);
    // What could not be recorded was not done.
    const intentId = await intended;
    const failure = toDomainError(error, {
      operation: declared.name,
      requestId: call.caller.requestId,
      log: call.deps.log,
    });
    const outcome = state.wrote || UNSURE.has(failure.code) ? "unknown" : "failed";
    const end = { intentId, outcome, message: failure.message } as const;
    await ledger.conclude({ entry, end }).catch(unrecorded(intentId));
    return failure;
  };
  const unrecorded = (intentId: string) => (cause: unknown) =>
    call.deps.log.error(
      { err: cause, operation: declared.name, requestId: call.caller.requestId, intentId },
      "an outcome could not be recorded",
    );
  let output: z.output<O>;
  let intentId: string;
  try {
    output = await declared.run(operationContext(call, lookup, { sql: lookup.sql, state }), valid);
    intentId = await intended;
  } catch (error) {
    throw await fail(error);
  }
  const { run, note: message } = state;
  try {
    const end = { intentId, outcome: "success", message } as const;
    await ledger.conclude({ entry, end, run: run?.row });
    run?.stored.resolve();
  } catch (error) {
    // Without its run it is not done; without a word of its end it is.
    if (run !== undefined) throw await fail(error);
    unrecorded(intentId)(error);
  }
  return output;
}

/** After these nobody can say whether the API server acted. */
export const UNSURE: ReadonlySet<string> = new Set(["CLUSTER_TIMEOUT", "INTERNAL"]);
