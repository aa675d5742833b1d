import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** The one place a sealed value may stand; moving it elsewhere makes it unreadable. */
export interface Place {
  table: string;
  row: string;
  column: string;
}

/** A sealed value cannot be opened. `code` says why; nothing of the value is in it. */
export class SealError extends Error {
  override readonly name = "SealError";
  constructor(readonly code: "FORMAT" | "UNKNOWN_KEY" | "TAMPERED") {
    super(
      {
        FORMAT: "not a sealed value",
        UNKNOWN_KEY: "sealed with another key",
        TAMPERED: "altered, or moved to another place",
      }[code],
    );
  }
}

const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Envelope encryption: a random 256-bit data key per value encrypts it, the key-encryption key wraps the data key, both
 * AES-256-GCM. The additional data binds format, key id and place. Form: `v1:<key id>:<wrapped key>:<ciphertext>`, base64url.
 */
export function sealValue(key: Buffer, keyId: string, place: Place, plaintext: string): string {
  const dataKey = randomBytes(32);
  const bound = boundTo(keyId, place);
  const wrapped = encrypt(key, Buffer.from(`${bound}|key`), dataKey);
  const body = encrypt(dataKey, Buffer.from(`${bound}|value`), Buffer.from(plaintext, "utf8"));
  dataKey.fill(0);
  return [VERSION, keyId, wrapped.toString("base64url"), body.toString("base64url")].join(":");
}

/** @throws SealError when the format, the key, the place or a single bit is another */
export function openValue(key: Buffer, keyId: string, place: Place, sealed: string): string {
  const parts = sealed.split(":");
  if (parts.length !== 4 || parts[0] !== VERSION) throw new SealError("FORMAT");
  if (parts[1] !== keyId) throw new SealError("UNKNOWN_KEY");
  const bound = boundTo(keyId, place);
  const dataKey = decrypt(key, Buffer.from(`${bound}|key`), Buffer.from(parts[2]!, "base64url"));
  return decrypt(dataKey, Buffer.from(`${bound}|value`), Buffer.from(parts[3]!, "base64url")).toString("utf8");
}

const boundTo = (keyId: string, place: Place) => JSON.stringify([VERSION, keyId, place.table, place.row, place.column]);

function encrypt(key: Buffer, bound: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Hands nothing out before the tag is checked: `update` alone already yields plaintext. */
function decrypt(key: Buffer, bound: Buffer, sealed: Buffer): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealError("FORMAT");
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(bound)
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw new SealError("TAMPERED");
  }
}
