import { expect, test } from "bun:test";
import { classify } from "./fingerprint.ts";
import { normalise } from "./normalise.ts";
import type { KubeObject } from "./object.ts";
import { settle } from "./settle.ts";

const release = (version: number, status: Record<string, unknown>): KubeObject => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "podinfo", namespace: "apps", uid: "uid", resourceVersion: String(version), generation: 1 },
  spec: { interval: "10m", upgrade: { remediation: { retries: 3 } } },
  status: {
    observedGeneration: 1,
    conditions: [{ type: "Ready", status: "False", reason: "UpgradeFailed", message: "timed out waiting" }],
    ...status,
  },
});
const classOf = (before: Record<string, unknown>, after: Record<string, unknown>) => {
  const [old, next] = [release(1, before), release(2, after)].map((object) => normalise(object, { hmac: String }));
  return classify(old!, next!);
};

test.each([
  ["its first counted failure makes it Retrying", { upgradeFailures: 1 }, {}, "Retrying"],
  ["another attempt is shown", { upgradeFailures: 2 }, { upgradeFailures: 1 }, "Retrying"],
  ["the last one is used up", { upgradeFailures: 4 }, { upgradeFailures: 3 }, "Failed"],
  ["an install counts too", { installFailures: 1 }, {}, "Failed"],
])("a release whose conditions say the same is more than a heartbeat: %s", (_, after, before, word) => {
  expect(classOf(before, after)).toBe("flap");
  expect(settle(null, release(2, after), Date.parse("2026-01-02T03:04:05Z")).word).toBe(word as never);
});

test("how often a release failed in all is no news beyond that it did", () => {
  expect(classOf({ failures: 1 }, { failures: 2 })).toBe("heartbeat");
  expect(classOf({}, { failures: 1 })).toBe("flap");
  expect(classOf({}, { failures: 0, upgradeFailures: 0, installFailures: 0 })).toBe("heartbeat");
});
