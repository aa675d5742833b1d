import { expect, test } from "bun:test";
import { keysOfSelector, selects } from "./label-selector.ts";

const KEY = "sharding.fluxcd.io/key";

test("a selector picks as the API server would", () => {
  const verdicts = (selector: string) =>
    [{}, { [KEY]: "shard1" }, { [KEY]: "shard2" }].map((l) => selects(selector, l));
  expect(verdicts("")).toEqual([true, true, true]);
  expect(verdicts(`${KEY}=shard1`)).toEqual([false, true, false]);
  expect(verdicts(`${KEY} == shard1`)).toEqual([false, true, false]);
  expect(verdicts(`${KEY}!=shard1`)).toEqual([true, false, true]);
  expect(verdicts(`!${KEY}`)).toEqual([true, false, false]);
  expect(verdicts(KEY)).toEqual([false, true, true]);
  expect(verdicts(`${KEY} in (shard1, shard2)`)).toEqual([false, true, true]);
  expect(verdicts(`${KEY} notin (shard1,shard9)`)).toEqual([true, false, true]);
  expect(verdicts(`${KEY} in (shard1,shard2),${KEY}!=shard1`)).toEqual([false, false, true]);
});

test("a label that every record has by birth is not one of the object's", () => {
  expect(selects("constructor", {})).toBe(false);
});

test("what is no selector decides nothing", () => {
  for (const text of ["a b", "a in b", "(", "a=b,,c", "a>1"]) {
    expect(selects(text, { a: "b" })).toBeNull();
    expect(keysOfSelector(text)).toEqual([]);
  }
  expect(keysOfSelector(`team=a, !${KEY}`)).toEqual(["team", KEY]);
});
