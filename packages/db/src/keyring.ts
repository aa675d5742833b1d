import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import type { Sql } from "./connect.ts";
import { openValue, type Place, SealError, sealValue } from "./seal.ts";

/** Seals what must not be readable in the database, and compares what must not be stored. */
export interface Keyring {
  /** Not secret: names the key in sealed values. */
  readonly keyId: string;
  seal(place: Place, plaintext: string): string;
  /** @throws SealError */
  open(place: Place, sealed: string): string;
  /** Keyed fingerprint of a masked value, 16 hex digits: equal values compare equal, nothing can be guessed without the key. */
  hmac(value: string): string;
}

/** The key given cannot be used; the message says what to do and holds nothing of the key. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

/** @param key 32 bytes */
export function createKeyring(key: Buffer): Keyring {
  if (key.length !== 32) throw new KeyError(`the encryption key has ${key.length} bytes, 32 are needed`);
  if (key.every((byte) => byte === key[0]))
    throw new KeyError("the encryption key is one byte repeated; make one with: openssl rand -hex 32");
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", key, "flux-orchestrator", purpose, 32));
  const wrapping = derive("wrap");
  const comparing = derive("compare");
  const keyId = createHash("sha256").update(derive("id")).digest("hex").slice(0, 12);
  return {
    keyId,
    seal: (place, plaintext) => sealValue(wrapping, keyId, place, plaintext),
    open: (place, sealed) => openValue(wrapping, keyId, place, sealed),
    hmac: (value) => createHmac("sha256", comparing).update(value).digest("hex").slice(0, 16),
  };
}

/** Reads a key as people write it: 64 hex digits, base64 or base64url of 32 bytes. */
export function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, "hex");
  const key = Buffer.from(trimmed, /[-_]/.test(trimmed) ? "base64url" : "base64");
  if (key.length === 32) return key;
  throw new KeyError(
    "the encryption key must be 32 bytes as 64 hex digits or base64; make one with: openssl rand -hex 32",
  );
}

/**
 * The key kept in a file of mode 0600; made on first use. Two processes that make it at once end with the same key.
 * @throws KeyError when the file is there and holds none: it is never replaced
 */
export async function loadOrCreateKeyFile(path: string): Promise<Buffer> {
  const known = await readKeyFile(path);
  if (known !== undefined) return known;
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  // `link` never replaces: whoever comes second reads the first one's key.
  await link(draft, path).catch(() => {});
  await unlink(draft);
  const made = await readKeyFile(path);
  if (made === undefined) throw new KeyError(`the key file ${path} could not be made`);
  return made;
}

/** Undefined when there is no file. */
async function readKeyFile(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return parseKey(text);
  } catch {
    // Not the advice to make a key: with a new one every stored credential is lost.
    throw new KeyError(`the key file ${path} holds no key; restore it from a backup, or move it away to start anew`);
  }
}

const CHECK = "this key opens this database";

/**
 * Refuses a key that is not this database's: with another key every credential would look damaged.
 * @throws KeyError
 */
export async function checkKeyring(sql: Sql, keyring: Keyring): Promise<void> {
  const place = (keyId: string): Place => ({ table: "keyring_checks", row: keyId, column: "sealed" });
  const rows = await sql<{ key_id: string; sealed: string }[]>`select key_id, sealed from keyring_checks`;
  const mine = rows.find((row) => row.key_id === keyring.keyId);
  if (mine === undefined && rows.length > 0)
    throw new KeyError(
      "the encryption key is not the one this database was made with; give that key, its credentials cannot be read without it",
    );
  if (mine === undefined) {
    const sealed = keyring.seal(place(keyring.keyId), CHECK);
    await sql`insert into keyring_checks (key_id, sealed) values (${keyring.keyId}, ${sealed}) on conflict do nothing`;
    return;
  }
  try {
    keyring.open(place(keyring.keyId), mine.sealed);
  } catch (error) {
    if (error instanceof SealError) throw new KeyError("the encryption key does not open this database's check value");
    throw error;
  }
}
