import { expect, test } from "bun:test";
import { acceptedCoding } from "./accept-encoding.ts";

const OFFERED = ["zstd", "gzip"] as const;
type Row = [header: string | null, best: "zstd" | "gzip" | null, identity: boolean];

test("RFC 9110 §12.5.3: weights decide, then what is offered first; none is taken that was not offered", () => {
  const rows: Row[] = [
    [null, null, true],
    ["", null, true],
    ["gzip", "gzip", true],
    ["x-gzip", "gzip", true],
    ["GZIP, deflate, br, ZSTD", "zstd", true],
    ["br, deflate", null, true],
    ["*", "zstd", true],
    ["zstd;q=0, *", "gzip", true],
    ["gzip;q=1.0, zstd;q=0.5", "gzip", true],
    ["gzip ; q=0.500 , zstd\t;\tq=0.501", "zstd", true],
    ["gzip;q=0.001", "gzip", true],
    ["gzip;q=0", null, true],
    ["gzip;q=0.5, identity", null, true],
    ["gzip;q=0.5, identity;q=0.5", "gzip", true],
    ["identity", null, true],
    ["identity;q=0", null, false],
    ["identity;q=0, gzip", "gzip", false],
    ["*;q=0", null, false],
    ["*;q=0, identity;q=0.1", null, true],
    ["*;q=0, gzip", "gzip", false],
    ["*;q=0.1, identity;q=0", "zstd", false],
  ];
  for (const [header, best, identity] of rows) {
    expect([header, acceptedCoding(header, OFFERED)]).toEqual([header, { best, identity }]);
  }
});

test("what cannot be read counts as absent", () => {
  for (const element of ["gzip;q=2", "gzip;q=-1", "gzip;q=0.1234", "gzip;q=", "gzip;level=9", "gz ip", ";q=1", ",,,"])
    expect([element, acceptedCoding(element, OFFERED)]).toEqual([element, { best: null, identity: true }]);
  expect(acceptedCoding("gzip;q=7, zstd;q=0.1", OFFERED).best).toBe("zstd");
});

test("a header as long as one can be is judged at once", () => {
  const long = `${"gzip;q=0,".repeat(1800)}zstd`;
  expect(acceptedCoding(long, OFFERED)).toEqual({ best: "zstd", identity: true });
  expect(acceptedCoding(`gzip${" ".repeat(16_000)}x`, OFFERED)).toEqual({ best: null, identity: true });
});
