import { expect, test } from "bun:test";
import { isOlderVersion } from "./older-version.ts";

test.each([
  ["9", "10", true],
  ["10", "9", false],
  ["10", "10", false],
  ["18446744073709551614", "18446744073709551615", true],
  ["", "10", false],
  ["10", "", false],
  ["v9", "v10", false],
  ["007", "10", false],
])("version %p comes before %p: %p", (version, known, older) => {
  expect(isOlderVersion(version, known)).toBe(older);
});
