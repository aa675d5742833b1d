import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTestReport, type TestReport } from "./test-report.ts";

/** Files whose tests fail in every way that a test can. */
const FILES = {
  "equal.test.ts": `
    import { describe, expect, test } from "bun:test";
    describe("sums", () => {
      test("holds", () => expect(1).toBe(1));
      test.skip("left out", () => {});
      describe("of two", () => test("<a> & \\"b\\" > 1", () => { expect({ sum: 1 }).toEqual({ sum: 2 }); }));
    });`,
  "throws.test.ts": `
    import { beforeAll, test } from "bun:test";
    beforeAll(() => { throw new Error("no start"); });
    test("never reached", () => {});`,
  "late.test.ts": `
    import { test } from "bun:test";
    test("hangs", () => new Promise(() => {}), 20);`,
  "import.test.ts": `
    import { nothing } from "./nowhere.ts";
    import { test } from "bun:test";
    test("is not loaded", () => nothing());`,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fo-report-"));
  for (const [name, text] of Object.entries(FILES)) await Bun.write(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ["one after another", []],
  ["in parallel", ["--parallel=2"]],
])("every failure is told with its file and its error, and every file with its time: %s", async (_how, options) => {
  const outfile = join(folder, `${options.length}.xml`);
  const ran = Bun.spawnSync(
    [process.execPath, "test", ...options, "--reporter=junit", `--reporter-outfile=${outfile}`],
    { cwd: folder, stdout: "pipe", stderr: "pipe" },
  );
  const report = readTestReport(await Bun.file(outfile).text(), `${ran.stdout}${ran.stderr}`);
  expect(ran.exitCode).toBe(1);
  expect(report.failures.map(({ test: name }) => name).toSorted()).toEqual([
    'equal.test.ts: sums > of two > <a> & "b" > 1',
    "late.test.ts: hangs",
    "outside of tests",
    "throws.test.ts: (unnamed)",
  ]);
  const said = (part: string) => linesOf(report, part).join("\n");
  expect(said("equal")).toContain("expect(received).toEqual(expected)");
  expect(said("equal")).toContain('+   "sum": 1,');
  expect(said("equal")).toMatch(/at .*equal\.test\.ts:\d+/);
  expect(said("late")).toContain("timed out");
  expect(said("throws")).toContain("no start");
  expect(said("outside")).toMatch(/Cannot find module '.\/nowhere.ts' from '.*import\.test\.ts'/);
  const times = new Map(report.files.map(({ file, seconds }) => [file, seconds]));
  expect(times.get("equal.test.ts")).toBeGreaterThan(0);
  // All that a file took, also what was outside of its tests.
  expect(times.get("late.test.ts")).toBeGreaterThan(0.02);
});

test("a process that ended before it reported has nothing to tell", () => {
  expect(readTestReport(undefined, "killed")).toEqual({ files: [], failures: [] });
});

const linesOf = ({ failures }: TestReport, part: string): readonly string[] =>
  failures.find(({ test: name }) => name.startsWith(part))?.lines ?? [];
