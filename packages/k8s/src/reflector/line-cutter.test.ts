import { expect, test } from "bun:test";
import fc from "fast-check";
import { LineCutter } from "./line-cutter.ts";

/** The lines of a text that comes in pieces, cut at these places. */
function cut(text: string, places: readonly number[], bytesMax = 1_000): (string | null)[] {
  const bytes = Buffer.from(text);
  const cutter = new LineCutter(bytesMax);
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const lines = ends.flatMap((end, index) => cutter.cut(bytes.subarray(ends[index - 1] ?? 0, end)));
  expect(cutter.pending).toBe(bytes.length - 1 - bytes.lastIndexOf("\n"));
  return lines;
}

test("lines are the same wherever the bytes are cut, also within a character", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat()), (texts, places) => {
      const text = texts.join("\n");
      expect(cut(text, places)).toEqual(text.split("\n").slice(0, -1));
    }),
  );
});

test("a line that is too long is left out alone, also when nothing of it fits a piece", () => {
  expect(cut(`ab\n${"x".repeat(11)}\n${"y".repeat(10)}\n`, [3, 4, 9], 10)).toEqual(["ab", null, "y".repeat(10)]);
});
