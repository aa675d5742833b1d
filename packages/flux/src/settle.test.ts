import { expect, test } from "bun:test";
import type { KubeObject } from "./object.ts";
import { settle } from "./settle.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

/** Its status has no generation of its own: source-watcher says it with the condition. */
const generator = (generation: number, ready: Record<string, unknown>): KubeObject => ({
  apiVersion: "source.extensions.fluxcd.io/v1beta1",
  kind: "ArtifactGenerator",
  metadata: {
    name: "monorepo",
    namespace: "apps",
    uid: "uid",
    resourceVersion: "1",
    generation,
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: {},
  status: { conditions: [{ type: "Ready", lastTransitionTime: "2026-01-01T00:00:00Z", ...ready }] },
});

test.each([
  ["Ready", generator(2, { status: "True", reason: "Succeeded", observedGeneration: 2 })],
  ["Ready", generator(2, { status: "True", reason: "Succeeded" })],
  ["Failed", generator(2, { status: "False", reason: "SourceFetchFailed", observedGeneration: 2 })],
  ["Progressing", generator(2, { status: "True", reason: "Succeeded", observedGeneration: 1 })],
])("an ArtifactGenerator is %s", (word, object) => {
  expect(settle(null, object, NOW).word).toBe(word as never);
});
