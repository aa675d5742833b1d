import { Turns } from "../turns.ts";

/** One piece of work, and whose it is. */
export interface FairTask {
  readonly owner: string;
  /** Fails never: what can go wrong is part of its work. */
  run(): Promise<void>;
}

/** Runs all of it in order, so much at a time and so much of one owner: one that is slow holds nobody else up. */
export async function runFairly(
  tasks: readonly FairTask[],
  { atOnce, perOwner }: { atOnce: number; perOwner: number },
): Promise<void> {
  const turns = new Turns(tasks, perOwner, ({ owner }) => owner);
  const worker = async () => {
    // What waits when there is none that may begin is for whoever runs the rest of its owner.
    for (let task = turns.take(); task !== undefined; task = turns.take()) {
      await task.run();
      turns.giveBack(task);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, tasks.length) }, worker));
}

/** The first of each, then the second of each, and so on: whatever is cut off, everybody has had the same. */
export function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) => lists.flatMap((list) => list.slice(place, place + 1))).flat();
}
