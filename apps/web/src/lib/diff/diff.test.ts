import { describe, expect, test } from "bun:test";
import type { ObjectDiff } from "@flux-orchestrator/contract";
import fc from "fast-check";
import { chosenObject, comparedObjects, type Difference } from "./compared-object.ts";
import { countWords, differenceWords } from "./difference-words.ts";
import { fieldLines, lastKey } from "./field-lines.ts";
import { type DiffLine, foldEqual, lineDiff } from "./line-diff.ts";

const shown = (lines: readonly DiffLine[]) => lines.map(({ sign, text }) => `${sign}${text}`);
const field = (more: Partial<Difference>): Difference => ({
  path: "spec.x",
  difference: "changed",
  managers: [],
  ...more,
});

describe("lines of two texts", () => {
  test("are told apart, with what is equal once", () => {
    expect(shown(lineDiff(["a", "b", "c", "d"], ["a", "c", "x", "d"]))).toEqual([" a", "-b", " c", "+x", " d"]);
    expect(lineDiff([], [])).toEqual([]);
  });
  test("give both texts back, whatever they are", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after);
        const side = (sign: string) => lines.filter((line) => line.sign !== sign).map((line) => line.text);
        expect([side("+"), side("-")]).toEqual([before, after]);
      }),
    );
  });
  test("that are too many to compare are one block", () => {
    const many = (prefix: string) => Array.from({ length: 600 }, (_, at) => `${prefix}${at % 2}`);
    const lines = lineDiff(["same", ...many("a")], ["same", ...many("b")]);
    expect(lines.map(({ sign }) => sign).join("")).toBe(` ${"-".repeat(600)}${"+".repeat(600)}`);
  });
  test("are folded where they are equal and nothing near differs", () => {
    const equal = Array.from({ length: 12 }, (_, at) => `line ${at}`);
    const parts = foldEqual(lineDiff([...equal, "x"], [...equal, "y"]));
    expect(parts.map(({ isFolded, lines }) => [isFolded, lines.length])).toEqual([
      [true, 9],
      [false, 5],
    ]);
    expect(
      foldEqual(lineDiff([...equal.slice(0, 5), "x"], [...equal.slice(0, 5), "y"])).map((part) => part.isFolded),
    ).toEqual([false, false]);
  });
});

describe("a field", () => {
  const lines = (difference: Difference) => fieldLines(difference).flatMap((part) => shown(part.lines));
  test("is YAML, from what is wanted to what is there", () => {
    expect(lines(field({ path: "spec.replicas", desired: 1, actual: 3 }))).toEqual(["-replicas: 1", "+replicas: 3"]);
    expect(lines(field({ path: "data.more", actual: "a\nb\n" }))).toEqual(["+more: |", "+  a", "+  b"]);
    expect(lines(field({ path: "spec.containers[name=web]", desired: { name: "web" } }))).toEqual(["-- name: web"]);
    expect(lines(field({ path: 'data["a.conf"]', desired: "x: 1\ny: 2\n", actual: "x: 1\ny: 3\n" }))).toEqual([
      " a.conf: |",
      "   x: 1",
      "-  y: 2",
      "+  y: 3",
    ]);
  });
  test("is called by the last key of its path", () => {
    expect(
      ['metadata.labels["a.b/c"]', 'data["q\\"]"]', "spec.image", "spec.list[0]", 'metadata.finalizers[="x"]'].map(
        lastKey,
      ),
    ).toEqual(["a.b/c", 'q"]', "image", null, null]);
  });
});

describe("compared objects", () => {
  const below = { group: "apps", kind: "Deployment", namespace: "web", stub: null };
  const diff: ObjectDiff = {
    ...{ actual: {}, desired: null, desiredFrom: null, notAvailable: null, applier: null, differences: [] },
    objects: [
      { ...below, name: "same", differences: [] },
      { ...below, name: "other", differences: [field({}), field({ path: "spec.y", difference: "pending" })] },
    ],
  };
  const ref = { cluster: "c", kind: "HelmRelease", namespace: "web", name: "shop" } as const;
  const objects = comparedObjects(ref, diff);

  test("begin with the object itself; the chosen one is the one named, else the first that differs", () => {
    expect(objects.map(({ id, isOwn, drift, isWantedKnown }) => [id, isOwn, drift, isWantedKnown])).toEqual([
      ["helm.toolkit.fluxcd.io/HelmRelease/web/shop", true, 0, false],
      ["apps/Deployment/web/same", false, 0, true],
      ["apps/Deployment/web/other", false, 1, true],
    ]);
    expect(chosenObject(objects, "apps/Deployment/web/same")?.name).toBe("same");
    expect(chosenObject(objects, "apps/Deployment/web/gone")?.name).toBe("other");
    expect(chosenObject(objects.slice(0, 2), null)?.name).toBe("same");
    expect(chosenObject(objects.slice(0, 1), null)?.name).toBe("shop");
  });
  test("of which nobody knows what is wanted nor who applied them are never well", () => {
    expect(objects.map(({ isComparable }) => isComparable)).toEqual([false, true, true]);
    const applier = { kind: "Kustomization", namespace: "flux-system", name: "apps" };
    expect(comparedObjects(ref, { ...diff, applier })[0]?.isComparable).toBe(true);
    const unread = { ...below, name: "unread", differences: [], stub: "forbidden" as const };
    expect(comparedObjects(ref, { ...diff, objects: [unread] }).map(({ isComparable }) => isComparable)).toEqual([
      false,
      false,
    ]);
  });
  test("say what differs, and what is no drift apart", () => {
    expect(objects.map(countWords)).toEqual(["", "", "1 drifted, 1 pending"]);
    const taken = field({ difference: "taken" });
    expect(differenceWords(taken, { isWantedKnown: true }).word).toBe("Added");
    expect(differenceWords(taken, { isWantedKnown: false }).word).toBe("Other owner");
  });
});
