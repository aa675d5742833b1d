import { DomainError } from "@flux-orchestrator/contract";
import type { Fragment } from "postgres";
import type { Actor, Authorizer } from "../authorize.ts";
import type { SqlRunner } from "../context.ts";
import { EVERYTHING, NOTHING } from "../query/predicate.ts";
import { isTokenText, tokenHash } from "./token-text.ts";

/** No user's id begins so: those are e-mail addresses. */
const START = "token:";
/** Who acts with a token, by whichever door, and in the jobs it started. */
export const tokenActor = (name: string): Actor => ({ id: `${START}${name}` });
export const isToken = ({ id }: Actor): boolean => id.startsWith(START);

interface Known {
  name: string;
  kind: "personal" | "service";
  owner: string;
  permissions: string[];
  is_revoked: boolean;
  is_expired: boolean;
  /** That it was used within this hour. */
  is_noted: boolean;
}

/**
 * Who acts with a token; notes that it was used, once an hour.
 * @throws DomainError UNAUTHENTICATED
 */
export async function actorOfToken(sql: SqlRunner, text: string): Promise<Actor> {
  if (!isTokenText(text)) throw unauthenticated("This is no token of Flux Orchestrator.");
  const hash = tokenHash(text);
  const token = usable(await readToken(sql, sql`hash = ${hash}`));
  if (!token.is_noted) await sql`update api_tokens set last_used_at = date_trunc('hour', now()) where hash = ${hash}`;
  return tokenActor(token.name);
}

/** Bounds what tokens may do by what they were given, and personal ones by what their owner may. Asked anew at every call. */
export function boundedByTokens(sql: SqlRunner, authorizer: Authorizer): Authorizer {
  const known = async ({ id }: Actor) => usable(await readToken(sql, sql`name = ${id.slice(START.length)}`));
  return {
    async allows(actor, permission, scope) {
      if (!isToken(actor)) return authorizer.allows(actor, permission, scope);
      const { kind, owner, permissions } = await known(actor);
      // Every known actor may read what kind of server this is.
      if (permission !== "system.read" && !permissions.includes(permission)) return false;
      return kind === "service" || authorizer.allows({ id: owner }, permission, scope);
    },
    async visible(actor, permission) {
      if (!isToken(actor)) return authorizer.visible(actor, permission);
      const { kind, owner, permissions } = await known(actor);
      if (!permissions.includes(permission)) return NOTHING;
      return kind === "service" ? EVERYTHING : authorizer.visible({ id: owner }, permission);
    },
  };
}

async function readToken(sql: SqlRunner, where: Fragment): Promise<Known | undefined> {
  const [token] = await sql<Known[]>`
    select name, kind, owner, permissions, revoked_at is not null as is_revoked, expires_at <= now() as is_expired,
      coalesce(last_used_at >= date_trunc('hour', now()), false) as is_noted
    from api_tokens where ${where}`;
  return token;
}

function usable(token: Known | undefined): Known {
  if (token === undefined) throw unauthenticated("There is no such token.");
  if (token.is_revoked) throw unauthenticated("This token was revoked.");
  if (token.is_expired) throw unauthenticated("This token has expired.");
  return token;
}

const unauthenticated = (message: string) =>
  new DomainError("UNAUTHENTICATED", message, { hint: "Make a new token, or leave the header Authorization away." });
