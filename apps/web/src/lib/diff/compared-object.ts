import type { ObjectDiff, ResourceRef } from "@flux-orchestrator/contract";
import { fluxKind } from "@flux-orchestrator/flux";
import { nodeId } from "../resource/node-state.ts";

export type Difference = ObjectDiff["differences"][number];
type Below = NonNullable<ObjectDiff["objects"]>[number];

/** An object that was compared, or why it was not. */
export interface ComparedObject extends Omit<Below, "differences"> {
  id: string;
  /** The Flux object whose page it is; the others are what it applied. */
  isOwn: boolean;
  differences: readonly Difference[];
  /** Fields that are drift. */
  drift: number;
  /** There is what is wanted, or who applied it: without either nothing that is found means that all is well. */
  isComparable: boolean;
  /** What is wanted of it is known. */
  isWantedKnown: boolean;
}

const driftIn = (differences: readonly Difference[]): number =>
  differences.filter(({ difference }) => difference !== "pending").length;

/** The object itself, then what it applied in the order of the answer. */
export function comparedObjects(ref: ResourceRef, diff: ObjectDiff): ComparedObject[] {
  const own = { group: fluxKind(ref.kind)?.group ?? "", kind: ref.kind, namespace: ref.namespace, name: ref.name };
  const compared = (object: Below, isOwn: boolean, isWantedKnown: boolean): ComparedObject => ({
    ...object,
    ...{ id: nodeId(object), isOwn, isWantedKnown, drift: driftIn(object.differences) },
    isComparable: object.stub === null && (!isOwn || isWantedKnown || diff.applier !== null),
  });
  return [
    compared({ ...own, differences: diff.differences, stub: null }, true, diff.desired !== null),
    // Helm keeps what it rendered; what others state would have to be built.
    ...(diff.objects ?? []).map((object) => compared(object, false, ref.kind === "HelmRelease")),
  ];
}

/** There is something to look at: a field, or that the object is not there. */
export const differs = ({ differences, stub }: Pick<ComparedObject, "differences" | "stub">): boolean =>
  differences.length > 0 || stub === "not-found";

/** The object that is named, or else the first to look at. */
export const chosenObject = (objects: readonly ComparedObject[], id: string | null): ComparedObject | undefined =>
  objects.find((object) => object.id === id) ??
  objects.find(differs) ??
  objects.find(({ isOwn }) => !isOwn) ??
  objects[0];
