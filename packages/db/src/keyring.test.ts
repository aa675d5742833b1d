import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkKeyring, createKeyring, KeyError, loadOrCreateKeyFile, parseKey } from "./keyring.ts";
import { temporaryHome, useDatabase } from "./test-database.ts";

setDefaultTimeout(180_000);
const fixture = useDatabase();
const folder = temporaryHome();
afterAll(() => folder.remove());
const place = { table: "cluster_credentials", row: "one", column: "sealed" };
const errorOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof KeyError) return error.message;
    throw error;
  }
  return "accepted";
};

test("the same key gives the same keyring, another key another", () => {
  const key = randomBytes(32);
  const [one, same, other] = [createKeyring(key), createKeyring(Buffer.from(key)), createKeyring(randomBytes(32))];
  expect(same.keyId).toBe(one.keyId);
  expect(other.keyId).not.toBe(one.keyId);
  expect(same.open(place, one.seal(place, "secret"))).toBe("secret");
  expect(() => other.open(place, one.seal(place, "secret"))).toThrow("sealed with another key");
  expect(same.hmac("value")).toBe(one.hmac("value"));
  expect(other.hmac("value")).not.toBe(one.hmac("value"));
  expect(one.hmac("value")).toMatch(/^[0-9a-f]{16}$/);
  expect(key.toString("hex")).not.toContain(one.keyId);
});

test("a key is read as people write it", () => {
  const key = Buffer.from(`${"fb".repeat(31)}ff`, "hex");
  for (const text of [
    key.toString("hex"),
    key.toString("hex").toUpperCase(),
    key.toString("base64"),
    key.toString("base64url"),
  ])
    expect(parseKey(` ${text}\n`)).toEqual(key);
});

test("what is no key is refused with the way to make one, and not repeated", async () => {
  for (const text of ["", "changeme", "ab".repeat(31), randomBytes(33).toString("base64")]) {
    const message = await errorOf(() => parseKey(text));
    expect(message).toContain("openssl rand -hex 32");
    if (text !== "") expect(message).not.toContain(text);
  }
  expect(await errorOf(() => createKeyring(Buffer.alloc(32, 7)))).toContain("one byte repeated");
  expect(await errorOf(() => createKeyring(randomBytes(16)))).toContain("16 bytes, 32 are needed");
});

test("a key file is made once, for its owner alone; those who make it at once get the same key", async () => {
  const path = join(folder.home, "key");
  const keys = await Promise.all(Array.from({ length: 6 }, () => loadOrCreateKeyFile(path)));
  for (const key of keys) expect(key).toEqual(keys[0]!);
  expect(await loadOrCreateKeyFile(path)).toEqual(keys[0]!);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder.home)).toEqual(["key"]);
});

test("a damaged key file is refused and left as it is", async () => {
  const path = join(folder.home, "damaged");
  writeFileSync(path, "not a key");
  chmodSync(path, 0o600);
  expect(await errorOf(() => loadOrCreateKeyFile(path))).toContain("restore it from a backup");
  expect(readFileSync(path, "utf8")).toBe("not a key");
});

test("a database knows its key and refuses any other", async () => {
  const { sql } = fixture.database;
  const mine = createKeyring(randomBytes(32));
  await Promise.all([checkKeyring(sql, mine), checkKeyring(sql, mine)]);
  expect(await errorOf(() => checkKeyring(sql, mine))).toBe("accepted");
  expect(await errorOf(() => checkKeyring(sql, createKeyring(randomBytes(32))))).toContain(
    "not the one this database was made with",
  );
  await sql`update keyring_checks set sealed = ${mine.seal(place, "moved here")}`;
  expect(await errorOf(() => checkKeyring(sql, mine))).toContain("does not open this database's check value");
});
