import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecApprovals } from "./exec-approvals.ts";

const homes: string[] = [];
const freshHome = () => {
  const home = mkdtempSync(join(tmpdir(), "fo-approvals-"));
  homes.push(home);
  return home;
};
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

test("a plugin is allowed by the code that was issued for it, and stays so after a restart", async () => {
  const home = freshHome();
  const approvals = new ExecApprovals(home);
  expect(await approvals.isApproved("one")).toBe(false);
  const code = approvals.issue("one");
  expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
  expect(await approvals.redeem("one", ` ${code.toLowerCase()} `)).toBe(true);
  expect(await new ExecApprovals(home).isApproved("one")).toBe(true);
  expect(await new ExecApprovals(home).isApproved("two")).toBe(false);
  expect(statSync(join(home, "approved-exec.json")).mode & 0o777).toBe(0o600);
});

test("a code counts once, for its own plugin, and only the last one issued", async () => {
  const approvals = new ExecApprovals(freshHome());
  const first = approvals.issue("one");
  const other = approvals.issue("two");
  expect(await approvals.redeem("one", other)).toBe(false);
  const second = approvals.issue("one");
  if (first !== second) expect(await approvals.redeem("one", first)).toBe(false);
  expect(await approvals.redeem("one", second)).toBe(true);
  expect(await approvals.redeem("one", second)).toBe(false);
});

test("three wrong codes use the right one up", async () => {
  const approvals = new ExecApprovals(freshHome());
  const code = approvals.issue("one");
  for (const wrong of ["", "AAAAAA", "AAAAAAA"]) expect(await approvals.redeem("one", wrong)).toBe(false);
  expect(await approvals.redeem("one", code)).toBe(false);
  expect(await approvals.isApproved("one")).toBe(false);
});

test("a code ends after ten minutes", async () => {
  let nowMs = 0;
  const approvals = new ExecApprovals(freshHome(), () => nowMs);
  const code = approvals.issue("one");
  nowMs = 10 * 60_000;
  expect(await approvals.redeem("one", code)).toBe(false);
});
