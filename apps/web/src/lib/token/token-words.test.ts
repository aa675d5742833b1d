import { describe, expect, test } from "bun:test";
import type { ApiToken } from "@flux-orchestrator/contract";
import { byResource, exampleCall, lastUsedWords, matches, searchText, tokenState } from "./token-words.ts";

const NOW = "2026-11-27T12:30:00Z";
const nowMs = Date.parse(NOW);
const token = (facts: Partial<ApiToken> = {}): ApiToken => ({
  ...{ id: "1", name: "deploy-bot", kind: "personal", owner: "system", prefix: "fxo_7Qm2abcd", permissions: [] },
  ...{ createdAt: NOW, expiresAt: "2027-02-25T12:30:00Z", lastUsedAt: null, revokedAt: null },
  ...facts,
});

test.each([
  ["usable", {}],
  ["usable", { expiresAt: "2026-12-04T12:30:00Z" }],
  ["soon", { expiresAt: "2026-12-04T12:29:59Z" }],
  ["expired", { expiresAt: NOW }],
  ["revoked", { revokedAt: NOW }],
  ["revoked", { revokedAt: NOW, expiresAt: NOW }],
] as const)("a token is %s: %j", (state, facts) => {
  expect(tokenState(token(facts), nowMs)).toBe(state);
});

test.each([
  ["deploy", "deploy"],
  [" deploy", "deploy"],
  ["fxo_7Qm2", "fxo_7Qm2"],
  ["fxo_7Qm2abcdSECRETSECRETSECRETSECRET123456", "fxo_7Qm2abcd"],
  ["Authorization: Bearer fxo_7Qm2abcdSECRET", "fxo_7Qm2abcd"],
  ['{"token":"fxo_7Qm2abcdSECRET"}', "fxo_7Qm2abcd"],
])("is looked for without its secret: %s", (typed, text) => {
  expect(searchText(typed)).toBe(text);
});

test("is found by name and by how it begins, not by what comes later in it", () => {
  for (const text of ["", "bot", "Deploy", "fxo_", "fxo_7Qm2abcd "]) expect(matches(token(), text)).toBe(true);
  for (const text of ["7Qm2", "fxo_7qm2", "other"]) expect(matches(token(), text)).toBe(false);
});

test.each([
  [null, "never"],
  ["2026-11-27T12:00:00Z", "this hour"],
  ["2026-11-27T11:00:00Z", "1 h ago"],
  ["2026-11-27T07:00:00Z", "5 h ago"],
  ["2026-11-25T12:00:00Z", "2 d ago"],
])("was used at %p: %s", (lastUsedAt, words) => {
  expect(lastUsedWords(token({ lastUsedAt }), nowMs)).toBe(words);
});

describe("permissions", () => {
  test("are told by what they are about, reading first", () => {
    expect(byResource(["cluster.create", "cluster.read", "resource.read"])).toEqual([
      { resource: "cluster", actions: ["read", "create"] },
      { resource: "resource", actions: ["read"] },
    ]);
  });
  test("decide which call is shown; the token itself is not in it", () => {
    const call = (...permissions: string[]) => exampleCall("https://flux.example", permissions);
    expect(call("resource.read")).toContain("https://flux.example/api/v1/resources");
    expect(call("resource.read", "cluster.read")).toContain("/api/v1/clusters");
  });
});
