import type { Database } from "@flux-orchestrator/db";
import type { ChangeFeed, FeedListener } from "../../src/ports.ts";
import { rowsOfTable } from "../../src/test-fleet.ts";

/** Someone who knows only what the feed told, and reads the rows when it says that it cannot tell. */
export interface FeedSubscriber {
  /** The word of each object. */
  readonly words: ReadonlyMap<string, string>;
  /** What it was told that cannot be, in words. */
  readonly complaints: readonly string[];
  /** How often it had to read the rows. */
  readonly resyncs: number;
  /** What was told is taken in. */
  settled(): Promise<void>;
  /** The product was started again: whoever comes back to it reads the rows and goes on from there. */
  follow(feed: ChangeFeed): void;
  stop(): void;
}

type Batch = Parameters<FeedListener>[0];

/** Begins with the rows there are: subscribe before anything is written. */
export async function subscribe(database: Database, feed: ChangeFeed): Promise<FeedSubscriber> {
  let words = await rowsOfTable(database);
  const complaints: string[] = [];
  /** Objects whose word the feed told since the rows were last read; before that, any word may be newer than the feed. */
  let told = new Set(words.keys());
  let knowsAll = true;
  let last = { epoch: "", number: 0 };
  let resyncs = 0;
  let taking = Promise.resolve();

  async function take(batch: Batch): Promise<void> {
    if ("resync" in batch) {
      resyncs++;
      words = await rowsOfTable(database);
      told = new Set();
      knowsAll = false;
      last = { ...batch.position };
      return;
    }
    const { epoch } = batch.position;
    if (last.epoch !== epoch) last = { epoch, number: 0 };
    for (const { number, subject, clusterId, kind, namespace, name, oldWord, newWord } of batch.changes) {
      if (number <= last.number) complaints.push(`number ${number} came after ${last.number}`);
      last.number = number;
      if (subject !== "resource") continue;
      const object = [clusterId, kind, namespace, name].join("/");
      const known = words.get(object) ?? null;
      if ((knowsAll || told.has(object)) && known !== oldWord)
        complaints.push(`number ${number} says that ${object} was ${oldWord}, but it was ${known}`);
      told.add(object);
      if (newWord === null) words.delete(object);
      else words.set(object, newWord);
    }
  }
  const listener: FeedListener = (batch) => {
    taking = taking.then(() => take(batch));
  };
  let stop = feed.subscribe(listener);
  return {
    get words() {
      return words;
    },
    complaints,
    get resyncs() {
      return resyncs;
    },
    settled: () => taking,
    follow(next) {
      stop();
      stop = next.subscribe(listener);
      listener({ resync: true, position: { epoch: "", number: 0 } });
    },
    stop: () => stop(),
  };
}
