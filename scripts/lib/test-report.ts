/** What one `bun test` said: its JUnit report, and of files that it could not load what it printed. */
export interface TestReport {
  readonly files: readonly { readonly file: string; readonly seconds: number }[];
  readonly failures: readonly TestFailure[];
}

export interface TestFailure {
  /** The file and the test, as `bun test` names both; the file is in the lines where it could not be loaded. */
  readonly test: string;
  /** The error, then where it was thrown. */
  readonly lines: readonly string[];
}

/** How Bun prints what no test can be blamed for, as an import that leads nowhere. */
const BETWEEN_TESTS = /^# Unhandled error between tests\n-+\n([\s\S]*?)\n-+$/gm;
const TEST_CASE = /<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<failure ([^>]*?)(?:\/>|>([\s\S]*?)<\/failure>)/;
/** A file's own suite; those of `describe` also have a line. */
const FILE_SUITE = /<testsuite (?![^>]* line=)([^>]*)>/g;

/**
 * @param junit the file that `--reporter-outfile` names; undefined when the process ended before it could write it
 * @param output what was printed, on both streams
 */
export function readTestReport(junit: string | undefined, output: string): TestReport {
  const cases = [...(junit ?? "").matchAll(TEST_CASE)];
  return {
    files: [...(junit ?? "").matchAll(FILE_SUITE)].map(([, said = ""]) => ({
      file: attribute(said, "file"),
      seconds: Number(attribute(said, "time")),
    })),
    failures: [
      ...cases.flatMap(([, said = "", inside = ""]) => {
        const failure = FAILURE.exec(inside);
        if (failure === null) return [];
        // Bun names the innermost group first.
        const groups = attribute(said, "classname").split(" > ").toReversed();
        return {
          test: `${attribute(said, "file")}: ${[...groups, attribute(said, "name")].filter(Boolean).join(" > ")}`,
          lines: linesOf(plain(failure[2] ?? "") || attribute(failure[1] ?? "", "message")),
        };
      }),
      ...[...output.matchAll(BETWEEN_TESTS)].map(([, error = ""]) => ({
        test: "outside of tests",
        lines: linesOf(error),
      })),
    ],
  };
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

const attribute = (said: string, name: string): string =>
  plain(new RegExp(`\\b${name}="([^"]*)"`).exec(said)?.[1] ?? "");

const CHARACTERS: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

const plain = (text: string): string =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
    code === undefined ? (CHARACTERS[name] ?? whole) : String.fromCodePoint(Number(code)),
  );
