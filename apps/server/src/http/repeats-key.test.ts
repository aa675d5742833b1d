import { expect, test } from "bun:test";
import { repeatsKey } from "./repeats-key.ts";

test.each([
  [`{"a":1,"a":1}`, true],
  [`{"a":1,"\\u0061":1}`, true],
  [`[{"b":{"a":{"x":1},"a":2}}]`, true],
  [`{"a":{"x":1,"y":2},"a":{"z":1,"u":1,"v":1}}`, true],
  [`{"__proto__":1,"__proto__":2}`, true],
  [`{"a":1,"A":1,"b":{"a":1}}`, false],
  [`{"a":"\\":\\\\","b":":","":[":",{"a":1}]}`, false],
  [`{"__proto__":{"a":1},"constructor":2}`, false],
  [`{"1":1,"0":2}`, false],
  [`"a:b"`, false],
  ["null", false],
  ["[]", false],
])("%s: %p", (text, repeats) => {
  expect(repeatsKey(text, JSON.parse(text))).toBe(repeats);
});

test("however deep it is", () => {
  const deep = (inside: string) => `${`{"a":`.repeat(100_000)}${inside}${"}".repeat(100_000)}`;
  for (const [inside, repeats] of [
    ["1", false],
    [`{"b":1,"b":2}`, true],
  ] as const)
    expect(repeatsKey(deep(inside), JSON.parse(deep(inside)))).toBe(repeats);
});
