import type { LogState } from "./container-log.svelte.ts";

/** How the logs stand, in words and as the tone of a status. */
export function logWords(states: readonly LogState[]): { tone: string; words: string } {
  const count = (state: LogState) => states.filter((one) => one === state).length;
  const all = states.length;
  const followed = count("following");
  const of = (some: number) => (some === all ? "" : ` ${some} of ${all}`);
  if (count("interrupted") > 0) return { tone: "retrying", words: "Connection lost, trying again" };
  if (count("stopped") > 0) return { tone: "suspended", words: "Not followed" };
  if (followed > 0) return { tone: "ready", words: `Following${of(followed)}` };
  if (count("opening") > 0) return { tone: "progressing", words: `Opening${of(count("opening"))}` };
  if (count("ended") > 0) return { tone: "static", words: `Ended${of(count("ended"))}` };
  if (count("read") > 0) return { tone: "static", words: `Read${of(count("read"))}` };
  return { tone: "failed", words: "Failed" };
}
