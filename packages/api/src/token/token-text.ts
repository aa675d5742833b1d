import { createHash, randomInt } from "node:crypto";

/** Known by everything that looks for secrets where they do not belong. */
const START = "fxo_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 214 bits. */
const RANDOM_LENGTH = 36;
/** 62^6 is more than the 2^32 of the checksum. */
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^${START}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/** `fxo_`, 36 random characters, and a checksum of them, by which a scanner knows a token from what looks like one. */
export function newTokenText(): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join("");
  return START + random + checksum(random);
}

/** Whether it has the form and the checksum of a token; not whether there is such a one. */
export function isTokenText(text: string): boolean {
  return FORM.test(text) && checksum(text.slice(START.length, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH);
}

export const tokenHash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** CRC-32 in base 62. */
function checksum(random: string): string {
  let rest = Bun.hash.crc32(random);
  let digits = "";
  for (let at = 0; at < CHECKSUM_LENGTH; at++) {
    digits = DIGITS[rest % DIGITS.length] + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
