import { type KubeObject, type Settled, type SettleMemory, settle } from "@flux-orchestrator/flux";
import type { StoredTransition } from "./stored-state.ts";

/** One true state of an object, as settling sees it. */
export interface TrueState {
  resourceVersion: string;
  /** When it was written, milliseconds. */
  at: number;
  /** Masked. */
  object: KubeObject;
  revision: string | null;
}

/**
 * Whether transitions are the true history of an object, told by somebody who may have missed any of its states but the one
 * he holds: is there a choice of states, in order, that settles into exactly these words?
 * @param heldVersion the state that was seen last; undefined when the object is gone
 * @returns how many transitions, from the first, some choice explains
 */
export function explain(
  states: readonly TrueState[],
  transitions: readonly StoredTransition[],
  { heldVersion, nowMs }: { heldVersion: string | undefined; nowMs: number },
): { isWhole: boolean; told: number } {
  /** What may be remembered after the states so far. */
  let reached = new Map<string, Reached>([["", { told: 0, memory: null }]]);
  let furthest = 0;
  for (const state of states) {
    const isHeld = state.resourceVersion === heldVersion;
    // Who holds this state has seen it; any other may have been missed.
    const next = new Map(isHeld ? [] : reached);
    for (const { told, memory } of reached.values())
      for (const atMs of [state.at, nowMs]) {
        const settled = settle(memory, state.object, atMs);
        const isNews = memory?.word !== settled.word;
        if (isNews && !says(transitions[told], settled, state.revision)) continue;
        const after = { told: isNews ? told + 1 : told, memory: settled.memory };
        furthest = Math.max(furthest, after.told);
        next.set(keyOf(after), after);
      }
    reached = next;
    if (isHeld) break;
  }
  return { isWhole: [...reached.values()].some(({ told }) => told === transitions.length), told: furthest };
}

interface Reached {
  told: number;
  memory: SettleMemory | null;
}

/** Times decide nothing but grace periods, which are judged at both ends. */
const keyOf = ({ told, memory }: Reached): string =>
  JSON.stringify([told, memory && { ...memory, since: "", resumedAt: memory.resumedAt !== null }]);

const says = (transition: StoredTransition | undefined, settled: Settled, revision: string | null): boolean =>
  transition !== undefined &&
  transition.toWord === settled.word &&
  transition.reason === settled.reason &&
  transition.message === settled.message &&
  transition.revision === revision;
