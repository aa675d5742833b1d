import { expect, test } from "bun:test";
import { reconnectSeconds } from "./connect.ts";

test("a server that was away for long is asked again within two seconds, and not at once", () => {
  expect(reconnectSeconds(0)).toBeLessThan(0.02);
  for (let attempt = 1; attempt < 2_000; attempt++) expect(reconnectSeconds(attempt)).toBeLessThanOrEqual(2);
  expect(reconnectSeconds(20)).toBeGreaterThanOrEqual(1);
});
