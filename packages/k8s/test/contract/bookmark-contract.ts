import { test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { CONTRACT_TIMEOUT_MS, type ContractWorld } from "./contract-suite.ts";
import { followWatch, versionOf } from "./follow-watch.ts";

/** At once over all of these: a real API server takes a minute to send one. */
export function bookmarkContract(worlds: readonly ContractWorld[]): void {
  const goesOn = async (world: ContractWorld) => {
    await using watching = followWatch(world, await versionOf(world));
    const bookmark = await until("a bookmark came", () => watching.events.find(({ type }) => type === "BOOKMARK"));
    await watching.end();
    await using resumed = followWatch(world, bookmark.type === "BOOKMARK" ? bookmark.resourceVersion : "");
    await until("it is open again", () => resumed.state.open);
    await resumed.end();
  };
  test(
    "a watch without changes sends bookmarks, from which it can go on, over each protocol",
    async () => void (await Promise.all(worlds.map(goesOn))),
    CONTRACT_TIMEOUT_MS,
  );
}
