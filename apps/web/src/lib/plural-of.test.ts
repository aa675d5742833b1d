import { expect, test } from "bun:test";
import { FLUX_KINDS } from "@flux-orchestrator/flux";
import { pluralOf } from "./plural-of.ts";

test("every Flux kind has the plural of its paths", () => {
  expect(FLUX_KINDS.map(({ kind }) => pluralOf(kind))).toEqual(FLUX_KINDS.map(({ plural }) => plural));
});
