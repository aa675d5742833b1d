import { expect, test } from "bun:test";
import { isOlderVersion, versionNumber } from "./version-number.ts";

test.each([
  ["9", "10", true],
  ["10", "9", false],
  ["10", "10", false],
  ["999999999999998", "999999999999999", true],
  // More digits than a number holds exactly.
  ["18446744073709551614", "18446744073709551615", false],
  ["", "10", false],
  ["10", "", false],
  ["v9", "v10", false],
  ["007", "10", false],
])("version %p comes before %p: %p", (version, known, older) => {
  expect(isOlderVersion(versionNumber(version), versionNumber(known))).toBe(older);
  expect(versionNumber(version) === versionNumber(known)).toBe(version === known);
});
