import { DomainError } from "@flux-orchestrator/contract";
import { z } from "zod";

/** A sort value as Postgres can compare it. */
export const PositionText = z
  .string()
  .max(300)
  .refine((text) => !text.includes("\0"));

/** Where a page ended, as a client carries it. */
export const encodePosition = (position: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(position)).toString("base64url");

/** @throws DomainError CURSOR for anything but a position of this form */
export function decodePosition<T>(cursor: string, form: z.ZodType<T>): T {
  const position = form.safeParse(parsed(Buffer.from(cursor, "base64url").toString("utf8")));
  if (!position.success) throw foreignCursor();
  return position.data;
}

export const foreignCursor = (): DomainError =>
  new DomainError("CURSOR", "This page cursor does not belong to this list.", {
    hint: "Start again from the first page.",
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
