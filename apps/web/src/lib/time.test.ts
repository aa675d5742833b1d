import { expect, test } from "bun:test";
import { clock, interval, moment, sinceWords, span, when } from "./time.ts";

/** A moment of the reader's own zone, whatever it is here. */
const local = (day: number, hour: number, minute = 0, second = 0) => new Date(2026, 8, day, hour, minute, second);
const NOW = local(17, 14, 2, 11).getTime();
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

test("a span has two units at most and never runs backwards", () => {
  const words: [number, string][] = [
    [-5 * SECOND, "0 s"],
    [40.9 * SECOND, "40 s"],
    [21 * MINUTE + 59 * SECOND, "21 m"],
    [4 * HOUR, "4 h"],
    [4 * HOUR + 48 * MINUTE, "4 h 48 m"],
    [24 * HOUR, "1 d"],
    [31 * 24 * HOUR + 5 * HOUR, "31 d"],
  ];
  for (const [ms, text] of words) expect(span(ms)).toBe(text);
});
test("an interval names every unit it has", () => {
  expect([45, 60, 600, 5400, 3661, 0].map(interval)).toEqual(["45 s", "1 m", "10 m", "1 h 30 m", "1 h 1 m 1 s", "0 s"]);
});
test("a moment of today is its time, yesterday says so, anything else has its day", () => {
  expect(when(local(17, 9, 14, 6).toISOString(), NOW)).toBe("09:14:06");
  expect(when(local(16, 18, 4, 51).toISOString(), NOW)).toBe("yesterday 18:04:51");
  expect(when(local(1, 18, 4, 51).toISOString(), NOW)).toBe("1 Sep 2026, 18:04:51");
  expect(moment(NOW)).toEndWith(`2026, ${clock(NOW)}`);
});
test("since when: the time today, else the day, and the year when it was another", () => {
  expect(sinceWords(local(17, 9, 14, 6).toISOString(), NOW)).toBe("09:14");
  expect(sinceWords(local(7, 9).toISOString(), NOW)).toBe("7 Sep");
  expect(sinceWords(new Date(2025, 11, 31, 9).toISOString(), NOW)).toBe("31 Dec 2025");
});
