import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { until } from "@flux-orchestrator/testing";
import { type Evidence, observeFleet } from "../observed-fleet.ts";
import type { Rule, Violation } from "./check-history.ts";
import { nameOf, type StoredRow, type StoredTransition } from "./stored-state.ts";

setDefaultTimeout(240_000);

describe("a checker of histories", () => {
  const fixture = useDatabase();
  let evidence: Evidence;
  /** What was true a while before. */
  let earlier: StoredRow[];
  let judge: (evidence: Evidence) => Violation[];

  beforeAll(async () => {
    const database = await fixture.empty("history");
    await using fleet = await observeFleet(database, { clusters: 2, objects: 60, seed: 3, rate: 400 });
    const { simulated, clusters } = fleet;
    await until("some words have changed", async () => {
      const { stored } = await fleet.evidence();
      return stored.transitions.filter(({ fromWord }) => fromWord !== null).length > 5;
    });
    earlier = (await fleet.evidence()).stored.rows;
    await until("some of it has changed again", async () => {
      const { stored } = await fleet.evidence();
      return earlier.some(
        (row) =>
          isOlder(
            row,
            stored.rows.find(({ uid }) => uid === row.uid),
          ) && stored.transitions.filter(({ uid }) => uid === row.uid).length === 1,
      );
    });
    simulated.life.rate = 0;
    const [gone, replaced] = simulated.clusters[0]!.truth("Kustomization");
    simulated.clusters[0]!.remove("Kustomization", gone!);
    simulated.clusters[0]!.replace("Kustomization", replaced!);
    expect(clusters).toHaveLength(2);
    await fleet.untilTrue(90_000);
    ({ judge } = fleet);
    evidence = await fleet.evidence();
  });

  /** The same word, and something else that is news. */
  const isOlder = (row: StoredRow, now: StoredRow | undefined): boolean =>
    row.word === now?.word && row.fingerprint !== now.fingerprint;
  const altered = (change: (evidence: Evidence) => void): Rule[] => {
    const copy = structuredClone(evidence);
    change(copy);
    return [...new Set(judge(copy).map(({ rule }) => rule))];
  };
  const rowWhere = ({ stored }: Evidence, is: (row: StoredRow) => boolean): StoredRow => stored.rows.find(is)!;
  const historyOf = ({ stored }: Evidence, row: StoredRow): StoredTransition[] =>
    stored.transitions.filter((transition) => nameOf(transition) === nameOf(row) && transition.uid === row.uid);
  /** A row whose word has changed since it was first seen. */
  const changed = (of: Evidence): StoredRow => rowWhere(of, (row) => historyOf(of, row).length > 2);
  const withoutTransition = ({ stored }: Evidence, gone: StoredTransition): void => {
    stored.transitions = stored.transitions.filter((transition) => transition !== gone);
  };
  const insertedAfter = ({ stored }: Evidence, before: StoredTransition, next: Partial<StoredTransition>): void => {
    stored.transitions.splice(stored.transitions.indexOf(before) + 1, 0, { ...before, ...next });
  };

  test("finds nothing wrong with what is true", () => {
    expect(judge(evidence)).toEqual([]);
  });

  test.each<[what: string, rules: Rule[], change: (evidence: Evidence) => void]>([
    [
      "an object that is not stored",
      ["row missing", "transition missing", "feed diverged"],
      ({ stored }) => void stored.rows.shift(),
    ],
    [
      "a row of an object that never was",
      ["row left over", "transition missing", "row invented", "feed diverged"],
      ({ stored }) => void stored.rows.push({ ...stored.rows[0]!, name: "nobody", uid: "nobody" }),
    ],
    [
      "a row of an object that is gone",
      ["row left over", "transition missing", "row invented", "feed diverged"],
      (of) => {
        const gone = of.stored.transitions.find(
          (transition) =>
            transition.toWord === null && !of.stored.rows.some((row) => nameOf(row) === nameOf(transition)),
        )!;
        const [row] = of.stored.rows;
        of.stored.rows.push({ ...row!, ...gone, resourceVersion: "1", word: gone.fromWord! } as StoredRow);
      },
    ],
    [
      "a version that never was",
      ["row invented"],
      ({ stored }) => void Object.assign(stored.rows[0]!, { resourceVersion: "1" }),
    ],
    [
      "a document that never was",
      ["row invented"],
      ({ stored }) => void Object.assign(stored.rows[0]!, { document: "{}" }),
    ],
    [
      "a row that was true once",
      ["row behind"],
      ({ stored }) => {
        const told = ({ uid }: StoredRow) => stored.transitions.filter((transition) => transition.uid === uid).length;
        const row = stored.rows.find(
          (now) => told(now) === 1 && earlier.some((one) => one.uid === now.uid && isOlder(one, now)),
        )!;
        Object.assign(
          row,
          earlier.find(({ uid }) => uid === row.uid),
        );
      },
    ],
    [
      "another word than the object's",
      ["transition missing", "word", "feed diverged"],
      (of) =>
        void Object.assign(
          rowWhere(of, ({ word }) => word === "Ready"),
          { word: "Failed" },
        ),
    ],
    ["counters that do not count", ["counters"], ({ stored }) => void stored.drift.push({ counted: 1, actual: 2 })],
    [
      "a change that was not told of",
      ["transition missing", "transition invented"],
      (of) => withoutTransition(of, historyOf(of, changed(of)).at(-1)!),
    ],
    [
      "a change that was told of twice",
      ["transitions out of order", "transition invented"],
      (of) => insertedAfter(of, historyOf(of, changed(of)).at(-1)!, {}),
    ],
    [
      "changes in another order",
      ["transitions out of order", "transition invented"],
      (of) => {
        const [first, second] = historyOf(of, changed(of));
        withoutTransition(of, second!);
        of.stored.transitions.splice(of.stored.transitions.indexOf(first!), 0, second!);
      },
    ],
    [
      "a change there and back that never was",
      ["transition invented"],
      (of) => {
        const last = historyOf(
          of,
          rowWhere(of, ({ word }) => word === "Ready"),
        ).at(-1)!;
        insertedAfter(of, last, { fromWord: "Stalled" });
        insertedAfter(of, last, { fromWord: "Ready", toWord: "Stalled", reason: "Invented" });
      },
    ],
    [
      "a change for a reason that never was",
      ["transition invented"],
      (of) => void Object.assign(historyOf(of, changed(of))[1]!, { reason: "Invented" }),
    ],
    [
      "a life after the end",
      ["transitions out of order", "transition missing", "transition invented"],
      (of) => {
        const end = of.stored.transitions.find(({ toWord }) => toWord === null)!;
        insertedAfter(of, end, { fromWord: null, toWord: "Ready" });
      },
    ],
    [
      "a feed that tells something twice",
      ["feed wrong"],
      ({ told }) => void (told.complaints as string[]).push("number 5 came after 5"),
    ],
    [
      "a subscriber who missed something",
      ["feed diverged"],
      ({ stored, told }) => void (told.words as Map<string, string>).delete(nameOf(stored.rows[0]!)),
    ],
    [
      "a subscriber who believes in what is gone",
      ["feed diverged"],
      ({ told }) => void (told.words as Map<string, string>).set("nobody", "Ready"),
    ],
  ])("finds %s", (_, rules, change) => {
    expect(altered(change)).toEqual(rules);
  });
});
