import { expect, test } from "bun:test";
import { v1Time } from "./time.ts";

test("a time loses the zeros at the end of its fraction and nothing else", () => {
  const rows = {
    "2026-01-02T03:04:05.678Z": "2026-01-02T03:04:05.678Z",
    "2026-01-02T03:04:05.670Z": "2026-01-02T03:04:05.67Z",
    "2026-01-02T03:04:05.600Z": "2026-01-02T03:04:05.6Z",
    "2026-01-02T03:04:05.000Z": "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:00.000Z": "2026-01-02T03:04:00Z",
    "2026-01-02T03:04:00Z": "2026-01-02T03:04:00Z",
    "2026-01-02T00:00:00.001Z": "2026-01-02T00:00:00.001Z",
  };
  expect(Object.fromEntries(Object.keys(rows).map((iso) => [iso, v1Time(iso)]))).toEqual(rows);
});
