import type { Transaction } from "../connect.ts";
import { resourceTransitions } from "../schema/resource-transitions.ts";
import { tableArrays } from "./column-arrays.ts";
import type { ResourceKey } from "./stored-resource.ts";

/** One change of an object's settled word. */
export interface TransitionWrite extends ResourceKey {
  uid: string;
  /** Null for an object's first word. */
  fromWord: string | null;
  /** Null when the object is gone. */
  toWord: string | null;
  reason: string | null;
  message: string;
  revision: string | null;
  /** ISO 8601: since when the new word holds. */
  at: string;
}

const columns = tableArrays<TransitionWrite>(resourceTransitions, { without: ["id"] });
const TEXT = `insert into resource_transitions (${columns.names}) select * from unnest(${columns.arrays})`;

/** Appends to the history of words. */
export async function appendTransitions(tx: Transaction, transitions: readonly TransitionWrite[]): Promise<void> {
  if (transitions.length > 0) await tx.unsafe(TEXT, columns.parameters(transitions), { prepare: true });
}
