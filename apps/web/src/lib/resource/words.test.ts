import { expect, test } from "bun:test";
import { aRow } from "./row.fixture.ts";
import { besideWord, isDoubtful, saidOf, shownWord } from "./words.ts";

const said = (row: ReturnType<typeof aRow>) => [shownWord(row), besideWord(row), saidOf(row), isDoubtful(row)];

test("a row that somebody reconciles is shown as it is", () => {
  const row = aRow({ word: "Failed", subState: "retrying now", message: "path not found" });
  expect(said(row)).toEqual([{ tone: "failed", word: "Failed" }, "retrying now", "path not found", false]);
});

test("one that nobody reconciles keeps its word, loses its tone, and says why", () => {
  const row = aRow({ subState: "reconciling", message: "Applied", unreconciled: "kustomize-controller is down" });
  const why = "kustomize-controller is down. Applied";
  expect(said(row)).toEqual([{ tone: "stale", word: "Ready" }, "not reconciled", why, true]);
  expect(saidOf({ ...row, message: "" })).toBe("kustomize-controller is down.");
});

test("a stale one says what it was", () => {
  expect(shownWord(aRow({ stale: true }))).toEqual({ tone: "stale", word: "was Ready" });
  expect(isDoubtful(aRow({ stale: true }))).toBe(true);
});
