import { beforeEach, expect, test } from "bun:test";
import type { Database, LoggedChange } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import type { ChangeFeed, FeedListener } from "../../src/ports.ts";
import { kustomization, seenIn, startFlusher } from "../../src/test-fleet.ts";
import { type FeedSubscriber, subscribe } from "./feed-subscriber.ts";

const fixture = useDatabase();
const CLUSTER = "51f1ee70-0000-4000-8000-000000000000";

let listener: FeedListener;
let subscriber: FeedSubscriber;
let database: Database;
/** A feed that tells whatever it is given. */
const feed: ChangeFeed = {
  subscribe(to) {
    listener = to;
    return () => {};
  },
  announce() {},
  lagMs: () => 0,
};
const tell = (number: number, name: string, [oldWord, newWord]: [string | null, string | null]) => {
  const change = { number, subject: "resource", clusterId: CLUSTER, kind: "Kustomization", namespace: "apps", name };
  listener({ changes: [{ ...change, oldWord, newWord } as LoggedChange], position: { epoch: "one", number } });
};
const known = async () => {
  await subscriber.settled();
  return [...subscriber.words].map(([name, word]) => `${name.split("/").at(-1)} ${word}`);
};

beforeEach(async () => {
  ({ database } = fixture);
  await database.sql`truncate flux_resources`;
  subscriber = await subscribe(database, feed);
});

test("a subscriber knows what it was told, in order", async () => {
  tell(1, "a", [null, "Ready"]);
  tell(2, "b", [null, "Failed"]);
  tell(3, "a", ["Ready", "Failed"]);
  tell(4, "b", ["Failed", null]);
  expect(await known()).toEqual(["a Failed"]);
  expect(subscriber.complaints).toEqual([]);
});

test("a subscriber complains of a number that was told before", async () => {
  tell(1, "a", [null, "Ready"]);
  tell(1, "b", [null, "Ready"]);
  await known();
  expect(subscriber.complaints).toEqual(["number 1 came after 1"]);
});

test("a subscriber complains of a change from what was not", async () => {
  tell(1, "a", [null, "Ready"]);
  tell(2, "a", ["Failed", "Ready"]);
  tell(3, "b", ["Failed", null]);
  await known();
  expect(subscriber.complaints).toEqual([
    `number 2 says that ${CLUSTER}/Kustomization/apps/a was Failed, but it was Ready`,
    `number 3 says that ${CLUSTER}/Kustomization/apps/b was Failed, but it was null`,
  ]);
});

test("a subscriber that is told to read anew reads the rows, and takes what it read for no later than what it is told", async () => {
  const { flusher, stop } = await startFlusher(database, [CLUSTER]);
  void flusher.put(seenIn(CLUSTER, kustomization({ name: "a", version: 1, ready: "True" })));
  await flusher.settled();
  await stop();
  listener({ resync: true, position: { epoch: "two", number: 0 } });
  // Written before the rows were read, told afterwards.
  tell(1, "a", [null, "Ready"]);
  tell(2, "a", ["Failed", "Ready"]);
  expect(await known()).toEqual(["a Ready"]);
  expect([subscriber.resyncs, subscriber.complaints.length]).toEqual([1, 1]);
});
