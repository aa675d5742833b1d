import { expect, test } from "bun:test";
import { elsewhereWords, waitWords } from "./relation-words.ts";

test("the cause says why, what only waits does not", () => {
  const failed = { word: "Failed", message: "clone failed\nremote: gone" } as const;
  expect(waitWords({ ...failed, state: "cause" })).toEqual({ word: "Failed", detail: "Root cause: clone failed" });
  expect(waitWords({ ...failed, state: "waits" })).toEqual({ word: "Failed", detail: "Waits itself" });
  expect(waitWords({ word: "Failed", message: "", state: "cause" }).detail).toBe("Root cause");
});

test("what is not there has a word of its own", () => {
  expect(waitWords({ word: null, message: "", state: "missing" })).toEqual({
    word: "Missing",
    detail: "Root cause: it does not exist",
  });
});

test("the same object elsewhere is told in one sentence, as the clusters come: worst first", () => {
  const on = (word: "Failed" | "Ready" | null, stale = false) => ({ word, stale });
  expect(elsewhereWords([on(null), on("Failed"), on("Ready"), on("Ready"), on("Ready", true)])).toBe(
    "It is not there on 1, Failed on 1, Ready on 2, stale on 1 of 5 clusters.",
  );
  expect(elsewhereWords([on("Ready")])).toBe("It is Ready on 1 of 1 cluster.");
  expect(elsewhereWords([])).toBeNull();
});
