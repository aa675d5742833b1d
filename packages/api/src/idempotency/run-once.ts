import type { CallContext, Caller } from "../context.ts";
import { ALIVE_S, claimKey, type KeptAnswer } from "./claim-key.ts";
import { intentsOf } from "./intents-of.ts";

export interface KeyedRequest {
  /** Chosen by the client: 1 to 255 characters. */
  readonly key: string;
  /** All that makes it this request and no other: method, path, query and body. */
  readonly sent: readonly string[];
}

/** A third of the time after which a claim that is not renewed is given up: one that is late is no dead one. */
const RENEW_MS = (ALIVE_S * 1000) / 3;

/**
 * Runs a request once, however often it is sent with its key, by this process or another one on the same database. The
 * answer is kept for a day and given again; one that says that the server failed and nothing was done is not kept.
 *
 * @param run answers as this caller; it is not ended by the client's going away, so that the repeat finds how it ended
 * @throws DomainError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_INTERRUPTED
 */
export async function runOnce(
  call: CallContext,
  { key, sent }: KeyedRequest,
  run: (caller: Caller) => Promise<KeptAnswer>,
): Promise<{ answer: KeptAnswer; replayed: boolean }> {
  const { deps, caller } = call;
  const { sql } = deps.database;
  const fingerprint = deps.keyring.hmac(JSON.stringify(["idempotent request", ...sent]));
  const claim = { actor: caller.actor.id, key, fingerprint, requestId: caller.requestId };
  const kept = await claimKey(sql, claim);
  if (kept !== undefined) return { answer: kept, replayed: true };

  const mine = sql`actor = ${claim.actor} and key = ${key} and request_id = ${claim.requestId}`;
  const later = (done: Promise<unknown>) =>
    done.catch((cause: unknown) =>
      deps.log.error({ err: cause, requestId: caller.requestId }, "an idempotency key could not be kept up to date"),
    );
  const renewing = setInterval(
    () =>
      void later(
        sql`update idempotency_keys set alive_until = now() + ${ALIVE_S} * interval '1 second' where ${mine}`.execute(),
      ),
    RENEW_MS,
  );
  let answer: KeptAnswer;
  try {
    const { signal: _, ...withoutSignal } = caller;
    answer = await run({ ...withoutSignal, idempotencyKey: key });
  } finally {
    clearInterval(renewing);
  }
  // A client that has its answer does not lose it because it could not be kept.
  await later(keep());
  return { answer, replayed: false };

  async function keep(): Promise<void> {
    const failed = answer.status >= 500 || answer.status === 429;
    if (failed && (await intentsOf(sql, claim)).every(({ undone }) => undone))
      await sql`delete from idempotency_keys where ${mine}`;
    else
      await sql`
        update idempotency_keys set status = ${answer.status}, headers = ${sql.json(answer.headers)}, body = ${answer.body}
        where ${mine}`;
  }
}
