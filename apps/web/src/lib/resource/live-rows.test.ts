import { describe, expect, test } from "bun:test";
import type { ResourceChange, ResourceRow } from "@flux-orchestrator/contract";
import { append, applyChanges, type LiveRows, listed, waitingWords } from "./live-rows.ts";
import { aRow } from "./row.fixture.ts";

const change = (row: ResourceRow | null, id = row?.id ?? "1"): ResourceChange => ({
  op: row === null ? "delete" : "upsert",
  id,
  clusterId: "c",
  kind: "Kustomization",
  namespace: "flux-system",
  name: "apps",
  row,
});
const RULE = {
  matches: (row: ResourceRow) => row.word !== "Ready",
  sortKey: (row: ResourceRow) => row.word,
  nowMs: 1000,
};
const apply = (list: LiveRows, ...changes: ResourceChange[]) => applyChanges(list, changes, RULE);
const failed = (id: string, own: Partial<ResourceRow> = {}) => aRow({ id, word: "Failed", ...own });
const list = listed([failed("1"), failed("2")]);
const ids = (of: LiveRows) => of.rows.map(({ row }) => row.id);

describe("a list under the reader's eyes", () => {
  test("a changed value appears in place and is marked with the moment", () => {
    const after = apply(list, change(failed("2", { message: "timed out" })));
    expect(ids(after)).toEqual(["1", "2"]);
    expect(after.rows[1]).toMatchObject({ row: { message: "timed out" }, changedAtMs: 1000, gone: null });
    expect(after.rows[0]).toBe(list.rows[0] as LiveRows["rows"][number]);
    expect(waitingWords(after)).toBeNull();
  });
  test("a change nobody can see marks nothing", () => {
    const after = apply(list, change(failed("1", { updatedAt: "2026-09-17T13:00:00.000Z" })));
    expect(after.rows[0]?.changedAtMs).toBeNull();
  });
  test("what would stand elsewhere stays where it is and waits", () => {
    const after = apply(list, change(aRow({ id: "1", word: "Stalled" })));
    expect(ids(after)).toEqual(["1", "2"]);
    expect(waitingWords(after)).toBe("1 changed: show");
  });
  test("what comes back to its place waits no more", () => {
    const away = apply(list, change(aRow({ id: "1", word: "Stalled" })), change(aRow({ id: "2" })));
    expect(waitingWords(away)).toBe("2 changed: show");
    const back = apply(away, change(failed("1")), change(failed("2")));
    expect(back.rows.map(({ gone }) => gone)).toEqual([null, null]);
    expect(waitingWords(back)).toBeNull();
  });
  test("what no longer matches stays, dimmed", () => {
    const left = apply(list, change(aRow({ id: "1" })));
    expect(left.rows[0]).toMatchObject({ gone: "left", row: { word: "Ready" } });
    expect(waitingWords(left)).toBe("1 changed: show");
  });
  test("what was deleted stays, dimmed, as it was last", () => {
    const after = apply(list, change(null, "2"));
    expect(after.rows[1]).toMatchObject({ gone: "deleted", row: { id: "2", word: "Failed" } });
    expect(waitingWords(after)).toBe("1 changed: show");
  });
  test("new rows are counted, once each, and forgotten when they leave again", () => {
    const some = apply(list, change(failed("3")), change(failed("3")), change(failed("4")), change(aRow({ id: "5" })));
    expect(ids(some)).toEqual(["1", "2"]);
    expect(waitingWords(some)).toBe("2 new: show");
    expect(waitingWords(apply(some, change(null, "3"), change(aRow({ id: "4" }))))).toBeNull();
  });
  test("the next window repeats no row, and a new one that came with it waits no more", () => {
    const waiting = apply(list, change(failed("3")));
    const after = append(waiting, [failed("2"), failed("3")]);
    expect(ids(after)).toEqual(["1", "2", "3"]);
    expect(waitingWords(after)).toBeNull();
  });
});
