import { expect, test } from "bun:test";
import { waitWords } from "./relation-words.ts";

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
