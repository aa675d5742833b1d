import type { z } from "zod";
import { authorize, type Scope } from "./authorize.ts";
import type { CallContext } from "./context.ts";
import { toDomainError } from "./errors.ts";
import type { Stream } from "./operation.ts";
import { lookupContext, newRunState, operationContext } from "./operation-context.ts";
import { validate } from "./validate.ts";

/** Rights are asked for again this often while a stream is open: it ends within 5 seconds after they are taken away. */
export const RECHECK_MS = 4_000;

/**
 * The only way to open a stream: find a place for it → validate → authorize → run, and authorize again while it runs, whether
 * anything is told or not.
 *
 * @throws DomainError, never anything else; also in the middle, as the last thing of the stream
 */
export async function* openStream<I extends z.ZodType, O extends z.ZodType>(
  declared: Stream<I, O>,
  call: CallContext,
  input: unknown,
): AsyncGenerator<{ id: string; frame: z.output<O> }> {
  const revoked = new AbortController();
  let rechecks: ReturnType<typeof setInterval> | undefined;
  const { metrics } = call.deps;
  const leave = call.places.take(declared);
  metrics.streamOpened(declared.name);
  try {
    const lookup = lookupContext(call);
    const valid = validate(declared, input);
    const scope = await declared.scope(valid, lookup);
    const scopes: readonly Scope[] = Array.isArray(scope) ? scope : [scope as Scope];
    const check = () => authorize(call.deps.authorizer, call.caller.actor, { permission: declared.permission, scopes });
    await check();
    // What cannot be checked is not allowed either.
    rechecks = setInterval(() => check().catch((error: unknown) => revoked.abort(error)), RECHECK_MS);
    const signals = [revoked.signal, ...(call.caller.signal === undefined ? [] : [call.caller.signal])];
    const bounded = { ...call, caller: { ...call.caller, signal: AbortSignal.any(signals) } };
    const ctx = operationContext(bounded, lookup, { sql: lookup.sql, state: newRunState() });
    for await (const item of declared.run(ctx, valid)) {
      revoked.signal.throwIfAborted();
      metrics.frame(declared.name);
      yield item;
    }
    revoked.signal.throwIfAborted();
  } catch (error) {
    throw toDomainError(error, { operation: declared.name, requestId: call.caller.requestId, log: call.deps.log });
  } finally {
    clearInterval(rechecks);
    leave();
    metrics.streamClosed(declared.name);
  }
}
