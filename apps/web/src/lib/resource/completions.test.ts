import { expect, test } from "bun:test";
import { completed, completions } from "./completions.ts";

const KNOWN = {
  kind: [
    { value: "Kustomization", count: 43 },
    { value: "HelmRelease", count: 36 },
  ],
  readiness: [
    { value: "Stalled", count: 11 },
    { value: "Static", count: 3 },
    { value: "Failed", count: 14 },
  ],
  namespace: [{ value: "flux-system", count: null }],
  cluster: [{ value: "prod-eu-1", count: 157 }],
  env: [{ value: "edge north", count: null }],
  label: [],
  revision: [],
};
const words = (typed: string) => completions(typed, KNOWN).map((offer) => offer.word);

test("a begun field is offered with its colon, negated or not", () => {
  expect(words("readiness:failed ki")).toEqual(["kind:"]);
  expect(words("-n")).toEqual(["-namespace:"]);
});
test("values are offered with how many objects they give", () => {
  expect(completions("readiness:st", KNOWN)).toEqual([
    { word: "readiness:Stalled", count: 11 },
    { word: "readiness:Static", count: 3 },
  ]);
});
test("after a comma the next value is offered, without those that are there", () => {
  expect(words("readiness:stalled,")).toEqual(["readiness:stalled,Static", "readiness:stalled,Failed"]);
});
test("short field names complete as the fields they stand for", () => {
  expect(words("-ns:fl")).toEqual(["-ns:flux-system"]);
});
test("a value with a space completes in quotes, begun with one or not", () => {
  expect(words("env:ed")).toEqual(['env:"edge north"']);
  expect(words('env:"edge n')).toEqual(['env:"edge north"']);
});
test("nothing is offered for nothing, for an unknown field, or for a value that is complete", () => {
  expect(words("")).toEqual([]);
  expect(words("kind:HelmRelease ")).toEqual([]);
  expect(words("chart:a")).toEqual([]);
  expect(words("cluster:prod-eu-1")).toEqual([]);
});
test("an accepted offer replaces the word being typed and nothing else", () => {
  expect(completed("kind:HelmRelease readiness:st", { word: "readiness:Stalled", count: 11 })).toBe(
    "kind:HelmRelease readiness:Stalled",
  );
  expect(completed('env:"edge n', { word: 'env:"edge north"', count: null })).toBe('env:"edge north"');
});
