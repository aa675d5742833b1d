import { type KubeObject, listOf, numberOf, recordOf, textOf } from "./object.ts";

/** A status condition as the controller wrote it; `status` is "True", "False", "Unknown" or, from a broken object, anything. */
export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string | null;
  observedGeneration: number | null;
}

/** All conditions, verbatim and in order; what is not a condition is left out. */
export function conditionsOf(object: KubeObject): Condition[] {
  return listOf(recordOf(object.status).conditions)
    .map(recordOf)
    .filter((entry) => typeof entry.type === "string" && typeof entry.status === "string")
    .map((entry) => ({
      type: entry.type as string,
      status: entry.status as string,
      reason: textOf(entry.reason) ?? "",
      message: textOf(entry.message) ?? "",
      lastTransitionTime: textOf(entry.lastTransitionTime),
      observedGeneration: numberOf(entry.observedGeneration),
    }));
}

/** The first condition of a type. */
export const conditionOf = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);
export const isTrue = (conditions: readonly Condition[], type: string): boolean =>
  conditionOf(conditions, type)?.status === "True";

/** v1's status of an object: its raw Ready condition, suspension aside. */
export const rawStatus = (readyStatus: string | null): "Ready" | "NotReady" | "Unknown" =>
  readyStatus === null ? "Unknown" : readyStatus === "True" ? "Ready" : "NotReady";
