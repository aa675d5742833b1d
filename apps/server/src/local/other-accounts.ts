import { readFileSync } from "node:fs";

const FIRST_PERSON = 1_000;
/** `nobody`, and whatever lies above. */
const LAST_PERSON = 60_000;

/**
 * Names of other people with an account on this host: without login, whoever reaches loopback can use this server.
 * Empty where that cannot be told.
 */
export function otherAccounts(passwd = readPasswd(), uid = process.getuid?.() ?? -1): string[] {
  return passwd.split("\n").flatMap((line) => {
    const [name, , id, , , , shell] = line.split(":");
    const isPerson = Number(id) >= FIRST_PERSON && Number(id) < LAST_PERSON && !/(nologin|false)$/.test(shell ?? "");
    return name !== undefined && isPerson && Number(id) !== uid ? [name] : [];
  });
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}
