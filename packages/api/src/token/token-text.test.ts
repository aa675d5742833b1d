import { expect, test } from "bun:test";
import { isTokenText, newTokenText } from "./token-text.ts";

test("tokens differ, look like tokens, and one changed character shows", () => {
  const tokens = Array.from({ length: 200 }, newTokenText);
  expect(new Set(tokens).size).toBe(200);
  for (const token of tokens) {
    expect(token).toMatch(/^fxo_[0-9A-Za-z]{42}$/);
    expect(isTokenText(token)).toBe(true);
  }
  const [token = ""] = tokens;
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "x" ? "y" : "x";
    expect([at, isTokenText(token.slice(0, at) + other + token.slice(at + 1))]).toEqual([at, false]);
  }
});

test("the checksum is the CRC-32 of the random part in base 62, as others can compute it", () => {
  expect(isTokenText(`fxo_${"0".repeat(36)}0etOEM`)).toBe(true);
});

test.each(["", "fxo_", `fxo_${"a".repeat(41)}`, `fxo_${"a".repeat(43)}`, ` ${newTokenText()}`, `${newTokenText()}\n`])(
  "%j is none",
  (text) => expect(isTokenText(text)).toBe(false),
);
