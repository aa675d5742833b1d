import { type ApiToken, TOKEN_PREFIX_LENGTH } from "@flux-orchestrator/contract";
import { span } from "../time.ts";

const HOUR_MS = 3_600_000;
/** Tokens that end sooner are pointed out, milliseconds. */
const SOON_MS = 7 * 24 * HOUR_MS;

export type TokenState = "usable" | "soon" | "expired" | "revoked";

export function tokenState({ revokedAt, expiresAt }: ApiToken, nowMs: number): TokenState {
  if (revokedAt !== null) return "revoked";
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return "expired";
  return leftMs < SOON_MS ? "soon" : "usable";
}
export const isEnded = (state: TokenState): boolean => state === "expired" || state === "revoked";

/**
 * What a token is looked for by: of a whole one, also with words around it, as it was found in a log, only how it begins.
 * The rest is a secret, and neither shown nor kept.
 */
export function searchText(typed: string): string {
  const [start] = typed.match(/fxo_\w+/) ?? [];
  return start === undefined ? typed.trimStart() : start.slice(0, TOKEN_PREFIX_LENGTH);
}

/** Whether a token has a text in its name, or begins with it. */
export const matches = ({ name, prefix }: ApiToken, text: string): boolean =>
  prefix.startsWith(text.trim()) || name.includes(text.trim().toLowerCase());

/** When it was last used, as far as that is known: to the hour. */
export function lastUsedWords({ lastUsedAt }: ApiToken, nowMs: number): string {
  if (lastUsedAt === null) return "never";
  const agoMs = nowMs - Date.parse(lastUsedAt);
  return agoMs < HOUR_MS ? "this hour" : `${span(agoMs - (agoMs % HOUR_MS))} ago`;
}

/** Permissions by what they are about, reading first: `cluster: read`, `resource: read, reconcile`. */
export function byResource(permissions: readonly string[]): { resource: string; actions: string[] }[] {
  const actionsOf = new Map<string, string[]>();
  for (const permission of permissions) {
    const [resource = "", action = ""] = permission.split(".");
    actionsOf.set(resource, [...(actionsOf.get(resource) ?? []), action]);
  }
  const readFirst = (a: string, b: string) => Number(b === "read") - Number(a === "read");
  return [...actionsOf].map(([resource, actions]) => ({ resource, actions: actions.sort(readFirst) }));
}

/** A first call with a token that has these permissions; the token is in a variable, so that no shell keeps it in its history. */
export function exampleCall(origin: string, permissions: readonly string[]): string {
  const path = permissions.includes("cluster.read") ? "clusters" : "resources";
  return `read -rs FXO_TOKEN\ncurl ${origin}/api/v1/${path} -H "Authorization: Bearer $FXO_TOKEN"`;
}
