import { expect, test } from "bun:test";
import { csvField, csvLine } from "./csv.ts";

test("fields that have to be are quoted, and quotes in them doubled", () => {
  expect(csvLine(["plain", "a,b", 'say "yes"', "two\nlines", "cr\rlf", "", " edge", "ä 🌙"])).toBe(
    'plain,"a,b","say ""yes""","two\nlines","cr\rlf",," edge",ä 🌙\n',
  );
});

test("nothing begins as a formula does", () => {
  expect(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x","y")'].map(csvField)).toEqual([
    "'=1+1",
    "'+1",
    "'-1",
    "'@SUM(A1)",
    "'\t=1",
    `"'\r=1"`,
    `"'=HYPERLINK(""x"",""y"")"`,
  ]);
  expect(["a=1", "1-1", "'=1"].map(csvField)).toEqual(["a=1", "1-1", "'=1"]);
});
