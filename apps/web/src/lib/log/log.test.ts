import { describe, expect, test } from "bun:test";
import { findText, pieces } from "./find-text.ts";
import { atLeast, lineReader, logFile, merged } from "./log-line.ts";
import { rowsOf } from "./log-rows.ts";
import { logWords } from "./log-words.ts";

const source = (pod: string) => ({ namespace: "web", pod, container: "app" });
const read = (...lines: [at: string | null, text: string][]) =>
  lineReader(source("web-0"))(lines.map(([at, text]) => ({ at, text })));
const texts = (lines: readonly { text: string }[]) => lines.map(({ text }) => text);

describe("lines of several containers", () => {
  test("stand by time, to the nanosecond, whatever zeros and zones the nodes write", () => {
    const one = read(["2026-01-02T03:04:05.5Z", "b"], ["2026-01-02T05:04:06+02:00", "d"]);
    const other = lineReader(source("web-1"))([
      { at: "2026-01-02T03:04:05.49Z", text: "a" },
      { at: "2026-01-02T03:04:05.500000001Z", text: "c" },
    ]);
    expect(texts(merged(one, other, 10))).toEqual(["a", "b", "c", "d"]);
  });

  test("keep their order where they have one time or none, and the newest stay", () => {
    const lines = read(["2026-01-02T03:04:05Z", "a"], [null, "b"], ["2026-01-02T03:04:05Z", "c"]);
    expect(texts(merged(lines.slice(0, 1), lines.slice(1), 10))).toEqual(["a", "b", "c"]);
    expect(texts(merged(lines.slice(0, 1), lines.slice(1), 2))).toEqual(["b", "c"]);
  });

  test("are told apart in a file", () => {
    const lines = read(["2026-01-02T03:04:05Z", "a"], [null, "b"]);
    expect(logFile(lines, false)).toBe("2026-01-02T03:04:05Z a\n- b\n");
    expect(logFile(lines.slice(0, 1), true)).toBe("2026-01-02T03:04:05Z web/web-0/app a\n");
  });
});

test("what goes on with an error is shown with it", () => {
  const lines = read([null, "ERROR boom"], [null, "  at main"], [null, "done"], [null, "WARN slow"]);
  expect(lines.map(({ level }) => level)).toEqual(["error", null, null, "warn"]);
  expect(texts(lines.filter((line) => atLeast("error", line)))).toEqual(["ERROR boom", "  at main"]);
  expect(texts(lines.filter((line) => atLeast("warn", line)))).toEqual(["ERROR boom", "  at main", "WARN slow"]);
  expect(lines.every((line) => atLeast("all", line))).toBe(true);
});

describe("rows", () => {
  const wrap = (text: string, columns: number | null) =>
    rowsOf(read([null, text]), columns).map(({ from, to }) => text.slice(from, to));
  test("are one for each line, and as many as it needs when it is wrapped", () => {
    expect(wrap("abcdefg", null)).toEqual(["abcdefg"]);
    expect(wrap("abcdefg", 3)).toEqual(["abc", "def", "g"]);
    expect(wrap("", 3)).toEqual([""]);
  });
  test("cut no character in two, and know which are wide", () => {
    expect(wrap("a🚀b", 2)).toEqual(["a", "🚀", "b"]);
    expect(wrap("漢字", 3)).toEqual(["漢", "字"]);
    expect(wrap("🚀🚀", 1)).toEqual(["🚀", "🚀"]);
  });
});

describe("search", () => {
  test("finds text as it stands, whatever its case", () => {
    expect(findText("a.B a.b axb", "A.b")).toEqual([
      { from: 0, to: 3 },
      { from: 4, to: 7 },
    ]);
    expect(findText("(x", "(")).toEqual([{ from: 0, to: 1 }]);
    expect(findText("x", "")).toEqual([]);
  });
  test("marks what is found in every row it stands in", () => {
    const cut = (from: number, to: number) =>
      pieces("xxfoundxx", { from, to }, "found").map(({ text, isFound }) => (isFound ? `[${text}]` : text));
    expect(cut(0, 4)).toEqual(["xx", "[fo]"]);
    expect(cut(4, 9)).toEqual(["[und]", "xx"]);
    expect(cut(8, 9)).toEqual(["x"]);
    expect(cut(0, 1)).toEqual(["x"]);
  });
});

test("one state stands for many", () => {
  expect(logWords(["following", "following"])).toEqual({ tone: "ready", words: "Following" });
  expect(logWords(["following", "ended", "failed"]).words).toBe("Following 1 of 3");
  expect(logWords(["following", "interrupted"]).tone).toBe("retrying");
  expect(logWords(["stopped", "ended"]).words).toBe("Not followed");
  expect(logWords(["opening", "ended"]).words).toBe("Opening 1 of 2");
  expect(logWords(["ended", "failed"]).words).toBe("Ended 1 of 2");
  expect(logWords(["read"]).words).toBe("Read");
  expect(logWords(["failed"]).tone).toBe("failed");
});
