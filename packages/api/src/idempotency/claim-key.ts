import { DomainError } from "@flux-orchestrator/contract";
import type { Sql } from "@flux-orchestrator/db";
import type { Claim } from "./claim.ts";
import { type Intent, intentsOf } from "./intents-of.ts";

/** An answer as a client got it, without what differs from one connection to the next. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A claim that has not been renewed for this long, seconds, is that of a process that was killed. */
export const ALIVE_S = 15;
const KEPT_S = 24 * 60 * 60;
/** Most requests take less; who comes too early is told so again. */
const COME_BACK_MS = 2_000;

interface Row {
  fingerprint: string;
  request_id: string;
  status: number | null;
  headers: Record<string, string>;
  body: string;
  is_alive: boolean;
}

/**
 * Gives a key to one request: undefined when it is this one, which then runs, and the answer when there is one already.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_INTERRUPTED
 */
export async function claimKey(sql: Sql, claim: Claim): Promise<KeptAnswer | undefined> {
  const { actor, key, fingerprint, requestId } = claim;
  await sql`delete from idempotency_keys where actor = ${actor} and key = ${key} and expires_at <= now()`;
  const { count } = await sql`
    insert into idempotency_keys (actor, key, fingerprint, request_id, alive_until, expires_at)
    values (${actor}, ${key}, ${fingerprint}, ${requestId}, now() + ${ALIVE_S} * interval '1 second',
      now() + ${KEPT_S} * interval '1 second')
    on conflict do nothing`;
  if (count === 1) return undefined;

  const [row] = await sql<Row[]>`
    select fingerprint, request_id, status, headers, body, alive_until > now() as is_alive
    from idempotency_keys where actor = ${actor} and key = ${key}`;
  // It was given back in between: the next attempt finds it free.
  if (row === undefined) throw inProgress();
  if (row.fingerprint !== fingerprint) throw reused();
  const { status, headers, body } = row;
  if (status !== null) return { status, headers, body };
  if (row.is_alive) throw inProgress();
  return await takeOver(sql, claim, row.request_id);
}

/**
 * Goes on for a request whose process was killed before it began anything. Both sides lock the row, this one to change
 * whose it is and `recordIntent` to read it: a process that was only frozen has recorded its intent by now, or never will.
 */
async function takeOver(sql: Sql, { actor, key, requestId }: Claim, from: string): Promise<undefined> {
  await sql.begin(async (tx) => {
    const locked = await tx`
      select 1 from idempotency_keys
      where actor = ${actor} and key = ${key} and request_id = ${from} and status is null and alive_until <= now()
      for update skip locked`;
    if (locked.length === 0) throw inProgress();
    const intents = await intentsOf(tx, { actor, key, requestId: from });
    if (intents.some(({ mayEnd }) => mayEnd)) throw inProgress();
    if (intents.length > 0) throw interrupted(intents);
    await tx`
      update idempotency_keys
      set request_id = ${requestId}, claimed_at = now(), alive_until = now() + ${ALIVE_S} * interval '1 second'
      where actor = ${actor} and key = ${key}`;
  });
}

const reused = () =>
  new DomainError("IDEMPOTENCY_KEY_REUSED", "This idempotency key was sent before, with another request.", {
    hint: "Make a new key for each request; send the same one only to repeat a request as it was.",
  });

const inProgress = () =>
  new DomainError("IDEMPOTENCY_IN_PROGRESS", "The first request with this idempotency key is still running.", {
    retryAfterMs: COME_BACK_MS,
    hint: "Wait as long as the Retry-After header says, then send it again with the same key.",
  });

function interrupted(intents: readonly Intent[]): DomainError {
  const has = (outcome: Intent["outcome"]) => intents.some((intent) => intent.outcome === outcome);
  const activities = intents.map(({ id }) => id).join(", ");
  const [job] = intents.flatMap(({ jobId }) => jobId ?? []);
  const known = job !== undefined || (!has(null) && !has("unknown"));
  const told =
    job !== undefined
      ? `It started the job ${job}.`
      : !known
        ? "Nobody can say whether it was carried out."
        : has("success")
          ? "It was carried out."
          : "It failed.";
  return new DomainError(
    "IDEMPOTENCY_INTERRUPTED",
    `The server ended before the request with this idempotency key was answered. ${told}`,
    {
      hint: `Look at activity ${activities}${known ? "" : " and at what it names"}; if it is still to be done, send it with a new key.`,
    },
  );
}
