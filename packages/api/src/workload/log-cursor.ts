import type { LogLine } from "@flux-orchestrator/contract";

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))\/(\d{1,9})$/;

/** Where somebody stopped reading a log: the time of the last line, and how many lines of that time were told. */
export class LogCursor {
  #at: string | null;
  #told: number;
  /** Lines of that time that come again and were told already. */
  #again: number;

  private constructor(at: string | null, told: number) {
    this.#at = at;
    this.#told = told;
    this.#again = told;
  }

  /** What is no cursor stands for the beginning. */
  static parse(text: string | null): LogCursor {
    const [, at, told] = CURSOR.exec(text ?? "") ?? [];
    return at === undefined || !Number.isFinite(Date.parse(at))
      ? new LogCursor(null, 0)
      : new LogCursor(at, Number(told));
  }

  /** From when on the log has to be read; in whole seconds, as API servers take it. */
  get since(): string | undefined {
    return this.#at === null ? undefined : `${new Date(Date.parse(this.#at)).toISOString().slice(0, 19)}Z`;
  }

  /** Of what came those lines that were not told yet. */
  fresh(lines: readonly LogLine[]): LogLine[] {
    return lines.filter((line) => this.#isFresh(line));
  }

  get id(): string {
    return this.#at === null ? "start" : `${this.#at}/${this.#told}`;
  }

  #isFresh({ at }: LogLine): boolean {
    if (at === null) return true;
    const order = this.#at === null ? 1 : compareTimes(at, this.#at);
    if (order < 0) return this.#again === 0;
    if (order === 0) {
      if (this.#again > 0) {
        this.#again--;
        return false;
      }
      this.#told++;
      return true;
    }
    this.#at = at;
    this.#told = 1;
    this.#again = 0;
    return true;
  }
}

/** Orders two RFC 3339 times by their nanoseconds; negative when the first is earlier. */
export function compareTimes(one: string, other: string): number {
  const seconds = (at: string) => Math.floor(Date.parse(at) / 1000);
  const fraction = (at: string) => (/\.(\d+)/.exec(at)?.[1] ?? "").padEnd(9, "0");
  return seconds(one) - seconds(other) || Number(fraction(one)) - Number(fraction(other));
}
