import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { openValue, type Place, SealError, sealValue } from "./seal.ts";

const key = randomBytes(32);
const place: Place = { table: "cluster_credentials", row: "one", column: "sealed" };
const secret = "token: s3cr3t — ünïcode";
const codeOf = (open: () => string): string => {
  try {
    open();
  } catch (error) {
    if (error instanceof SealError) return error.code;
    throw error;
  }
  return "opened";
};

test("a sealed value opens in its place, and no two seals are alike", () => {
  const [one, other] = [sealValue(key, "k1", place, secret), sealValue(key, "k1", place, secret)];
  expect(one).not.toBe(other);
  expect([openValue(key, "k1", place, one), openValue(key, "k1", place, other)]).toEqual([secret, secret]);
  expect(openValue(key, "k1", place, sealValue(key, "k1", place, ""))).toBe("");
});

test("in another table, row or column it does not open", () => {
  const sealed = sealValue(key, "k1", place, secret);
  for (const moved of [{ table: "clusters" }, { row: "two" }, { column: "other" }])
    expect(codeOf(() => openValue(key, "k1", { ...place, ...moved }, sealed))).toBe("TAMPERED");
  // The parts of a place cannot be shifted against each other.
  const shifted = sealValue(key, "k1", { table: "a", row: "b|c", column: "d" }, secret);
  expect(codeOf(() => openValue(key, "k1", { table: "a|b", row: "c", column: "d" }, shifted))).toBe("TAMPERED");
});

test("a single bit changed anywhere is noticed", () => {
  const parts = sealValue(key, "k1", place, secret).split(":");
  for (const part of [2, 3]) {
    const bytes = Buffer.from(parts[part]!, "base64url");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      const sealed = parts.with(part, changed.toString("base64url")).join(":");
      expect(codeOf(() => openValue(key, "k1", place, sealed))).toBe("TAMPERED");
    }
  }
});

test("another key is told apart from damage, and a wrong key under the right name opens nothing", () => {
  const sealed = sealValue(key, "k1", place, secret);
  expect(codeOf(() => openValue(key, "k2", place, sealed))).toBe("UNKNOWN_KEY");
  expect(codeOf(() => openValue(randomBytes(32), "k1", place, sealed))).toBe("TAMPERED");
});

test("what is no sealed value is refused as such, whatever it is", () => {
  const sealed = sealValue(key, "k1", place, secret);
  const cut = sealed.split(":").with(3, "AAAA").join(":");
  for (const text of ["", "v1", "v1:k1", "v2:k1:a:b", `${sealed}:x`, cut, "v1:k1::", secret])
    expect(codeOf(() => openValue(key, "k1", place, text))).toBe("FORMAT");
});

test("an error says nothing of the value", () => {
  const sealed = sealValue(key, "k1", place, secret);
  for (const open of [
    () => openValue(key, "k2", place, sealed),
    () => openValue(key, "k1", { ...place, row: "two" }, sealed),
    () => openValue(key, "k1", place, "v1"),
  ])
    expect(open).toThrow(/^(sealed with another key|altered, or moved to another place|not a sealed value)$/);
});
