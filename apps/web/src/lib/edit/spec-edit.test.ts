import { describe, expect, test } from "bun:test";
import { MASK } from "@flux-orchestrator/flux";
import fc from "fast-check";
import { changeOf, readSpec, rebase, specText, withChange } from "./spec-edit.ts";

describe("a spec as text", () => {
  test("is read as it was written, whatever is in it", () => {
    const value = fc.jsonValue({ maxDepth: 3 }).filter((json) => !JSON.stringify(json).includes("-0"));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
          value,
        ),
        (spec) => {
          expect(readSpec(specText(spec)).spec).toEqual(spec);
        },
      ),
    );
    const tricky = { a: "2026-01-02", b: "0755", c: "yes", d: `${MASK}`, e: "1e3", f: "~" };
    expect(readSpec(specText(tricky)).spec).toEqual(tricky);
  });
  test("may be JSON, or nothing", () => {
    expect(readSpec('{"interval": "5m", "prune": true}').spec).toEqual({ interval: "5m", prune: true });
    expect(readSpec(" \n").spec).toEqual({});
    expect(specText({})).toBe("");
  });
  test("that cannot be read says where", () => {
    expect(readSpec("a: [1\nb: 2").problem).toMatch(/^Line 2: .+\.$/);
    expect(readSpec("- a").problem).toBe("A spec is a mapping of keys to values.");
  });
});

describe("a change", () => {
  const before = { interval: "5m", path: "./a", prune: true };
  test("has only the first-level keys that differ, and null for what is gone", () => {
    expect(changeOf(before, { interval: "10m", prune: true, wait: true })).toEqual({
      interval: "10m",
      path: null,
      wait: true,
    });
    expect(changeOf(before, { prune: true, path: "./a", interval: "5m" })).toEqual({});
    expect(withChange(before, { path: null, interval: "1m" })).toEqual({ interval: "1m", prune: true });
  });
  test("is put on what somebody else made of it, and says where both meant the same key", () => {
    const now = { interval: "1h", path: "./a", prune: false };
    expect(rebase({ before, now, change: { interval: "10m", path: null } })).toEqual({
      spec: { interval: "10m", prune: false },
      theirs: ["interval", "prune"],
      both: ["interval"],
    });
  });
});
