import { KNOWN_SETTINGS } from "@flux-orchestrator/contract";
import type { SqlRunner } from "../context.ts";

/** A known setting as a number: what was saved, or its default when it is absent or not a whole number from 1. */
export async function numberSetting(sql: SqlRunner, key: keyof typeof KNOWN_SETTINGS): Promise<number> {
  const [row] = await sql<{ value: string }[]>`select value from settings where setting_key = ${key}`;
  const value = Number(row?.value);
  return Number.isInteger(value) && value >= 1 ? value : KNOWN_SETTINGS[key];
}
