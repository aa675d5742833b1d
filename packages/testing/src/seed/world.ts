import { createHash } from "node:crypto";
import type { Planned, SeededWord } from "./plan.ts";
import { type Random, randomOf } from "./random.ts";

/** What the builder of one object knows of the others. */
export interface World {
  readonly nowMs: number;
  /** An object of one of these kinds: in the namespace if there is one, else anywhere. */
  find(near: Planned, kinds: readonly string[], words: readonly SeededWord[]): Planned | undefined;
  /** What a Kustomization applied among the seeded objects. */
  childrenOf(parent: Planned): readonly Planned[];
  /** Chance that belongs to this object alone, so that one object more or less changes no other. */
  randomOf(object: Planned): Random;
  /** As many hexadecimal digits as asked for, up to 64, always the same for the same object and purpose. */
  hash(object: Planned, purpose: string, digits?: number): string;
  /** A time before now, as Kubernetes writes times. */
  ago(minutes: number): string;
}

export function worldOf(planned: readonly Planned[], { seed, nowMs }: { seed: number; nowMs: number }): World {
  const children = Map.groupBy(
    planned.filter(({ parent }) => parent !== undefined),
    ({ parent }) => parent!,
  );
  const hash: World["hash"] = ({ kind, namespace, name }, purpose, digits = 64) =>
    createHash("sha256").update([seed, kind, namespace, name, purpose].join("/")).digest("hex").slice(0, digits);
  return {
    nowMs,
    find(near, kinds, words) {
      const fitting = planned.filter(
        (other) => other !== near && kinds.includes(other.kind) && words.includes(other.word),
      );
      return fitting.find(({ namespace }) => namespace === near.namespace) ?? fitting[0];
    },
    childrenOf: (parent) => children.get(parent) ?? [],
    randomOf: (object) => randomOf(Number.parseInt(hash(object, "chance", 8), 16)),
    hash,
    ago: (minutes) => `${new Date(nowMs - minutes * 60_000).toISOString().slice(0, 19)}Z`,
  };
}
