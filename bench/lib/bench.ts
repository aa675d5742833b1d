import type { Stage } from "./stage.ts";

/** One figure, as `--json` prints it. */
export interface Result {
  /** The bench. */
  name: string;
  metric: string;
  /** The median of its runs. */
  value: number;
  unit: string;
  goal?: Goal;
  /** The double or the limit probe of the same run that `ratio` compares with. */
  ratioTo?: string;
  /** How many times better than the double, or which part of the probe's limit is reached: more is always better. */
  ratio?: number;
  conditions: Conditions;
}

export type Goal = { max: number } | { min: number };
export type Conditions = Readonly<Record<string, string | number | boolean>>;

/** A figure as a bench gives it: the values of its runs, or one. */
export interface Figure {
  metric: string;
  values: number | readonly number[];
  unit: string;
  goal?: Goal;
  against?: { what: string; ratio: number };
  /** Sizes, and whatever else the figure depends on. */
  conditions?: Conditions;
}

/** What there is to measure: given a stage to measure on, it reports figures. */
export interface Bench {
  readonly name: string;
  /** What it shows, for people. */
  readonly about: string;
  run(stage: Stage): Promise<void>;
}

export function reaches(value: number, goal: Goal): boolean {
  return "max" in goal ? value <= goal.max : value >= goal.min;
}
