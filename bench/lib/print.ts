import { type Goal, type Result, reaches } from "./bench.ts";

/** One figure as a line for people. */
export function formatResult(result: Result): string {
  const { name, metric, value, unit, goal, conditions } = result;
  const range =
    "lowest" in conditions
      ? ` (${numberText(Number(conditions["lowest"]))} to ${numberText(Number(conditions["highest"]))}, ${conditions["runs"]} runs)`
      : "";
  const judged = goal === undefined ? "" : `  goal ${goalText(goal)} ${reaches(value, goal) ? "met" : "MISSED"}`;
  const compared = ratioText(result);
  return `${name.padEnd(17)} ${metric.padEnd(46)} ${numberText(value)} ${unit}${range}${judged}${compared === "" ? "" : `  ${compared}`}`;
}

export const goalText = (goal: Goal): string =>
  "max" in goal ? `≤ ${numberText(goal.max)}` : `≥ ${numberText(goal.min)}`;

export const ratioText = ({ ratio, ratioTo }: Pick<Result, "ratio" | "ratioTo">): string =>
  ratio === undefined ? "" : `${numberText(ratio)}× ${ratioTo}`;

export const numberText = (value: number): string =>
  Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
