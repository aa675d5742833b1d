import { randomInt, timingSafeEqual } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Letters and digits nobody mistakes for one another. */
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 6;
const VALID_MS = 10 * 60_000;
const ATTEMPTS_MAX = 3;

/** Which exec plugins of the user's own kubeconfig a person has allowed. Kept in the home, by hash. */
export class ExecApprovals {
  readonly #file: string;
  readonly #codes = new Map<string, { code: string; endsAtMs: number; attemptsLeft: number }>();
  #approved: Promise<Set<string>> | undefined;

  constructor(
    home: string,
    readonly now: () => number = Date.now,
  ) {
    this.#file = join(home, "approved-exec.json");
  }

  async isApproved(hash: string): Promise<boolean> {
    return (await this.#read()).has(hash);
  }

  /** A new code for a plugin; an earlier one no longer counts. */
  issue(hash: string): string {
    const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
    this.#codes.set(hash, { code, endsAtMs: this.now() + VALID_MS, attemptsLeft: ATTEMPTS_MAX });
    return code;
  }

  /** Allows the plugin when the code is the one issued for it; three wrong ones use it up. */
  async redeem(hash: string, given: string): Promise<boolean> {
    const issued = this.#codes.get(hash);
    if (issued === undefined || issued.endsAtMs <= this.now()) return false;
    if (!equal(issued.code, given.trim().toUpperCase())) {
      issued.attemptsLeft--;
      if (issued.attemptsLeft === 0) this.#codes.delete(hash);
      return false;
    }
    this.#codes.delete(hash);
    const approved = await this.#read();
    approved.add(hash);
    const draft = `${this.#file}.${process.pid}`;
    await writeFile(draft, JSON.stringify([...approved].sort()), { mode: 0o600 });
    await rename(draft, this.#file);
    return true;
  }

  #read(): Promise<Set<string>> {
    this.#approved ??= readFile(this.#file, "utf8").then(
      (text) => new Set((JSON.parse(text) as unknown[]).filter((hash) => typeof hash === "string")),
      // Nothing was allowed yet.
      () => new Set(),
    );
    return this.#approved;
  }
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
