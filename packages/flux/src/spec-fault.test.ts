import { expect, test } from "bun:test";
import { specFault } from "./spec-fault.ts";

const placeOf = (kind: string, changed: object) => {
  const fault = specFault(kind, changed as Record<string, unknown>);
  return fault === null ? null : [fault.about, fault.path];
};

test.each([
  "0s",
  "0h0m",
  "-1m",
  "1",
  "10 minutes",
  "",
  "99999999h",
  "2562047h48m",
  "1h\n",
  "Inf",
  60,
  0,
  true,
  {},
  [["1m"]],
])("an interval is never %p", (interval) => {
  expect(placeOf("Kustomization", { interval })).toEqual(["duration", "spec.interval"]);
  expect(placeOf("HelmRelease", { chart: { spec: { interval } } })).toEqual(["duration", "spec.chart.spec.interval"]);
});

test.each(["1s", "10m", "1h30m", "500ms", "1.5h", "2562047h47m", null, undefined])(
  "an interval may be %p",
  (interval) => {
    expect(placeOf("Kustomization", { interval, retryInterval: interval })).toBeNull();
  },
);

test("a timeout may be nothing, and what a chart's values call so is theirs", () => {
  expect(placeOf("HelmRelease", { timeout: "0s", install: { timeout: "0s" } })).toBeNull();
  expect(placeOf("HelmRelease", { values: { interval: "soon", url: "file:///", timeout: -1 } })).toBeNull();
  expect(placeOf("HelmRelease", { upgrade: { timeout: "soon" } })).toEqual(["duration", "spec.upgrade.timeout"]);
  expect(placeOf("HelmRelease", { install: null, chart: "x", test: [] })).toBeNull();
});

test.each<[kind: string, url: unknown]>([
  ["GitRepository", "file:///etc/passwd"],
  ["GitRepository", "ssh://-oProxyCommand=x/y"],
  ["GitRepository", "ssh://-oProxyCommand=x@example.com/y"],
  ["GitRepository", "-oProxyCommand=x"],
  ["GitRepository", "git@example.com:a/b"],
  ["GitRepository", "ext::sh -c x"],
  ["GitRepository", "https://user:password@example.com/x"],
  ["GitRepository", "https://token@example.com/x"],
  ["GitRepository", "ssh://git:password@example.com/x"],
  ["GitRepository", "https://example.com/a b"],
  ["GitRepository", "https://example.com/a\n"],
  ["GitRepository", "https://"],
  ["GitRepository", "oci://example.com/x"],
  ["GitRepository", ""],
  ["GitRepository", 7],
  ["GitRepository", { a: 1 }],
  ["HelmRepository", "ssh://git@example.com/x"],
  ["OCIRepository", "https://example.com/x"],
  ["OCIRepository", "oci://user@example.com/x"],
])("the URL of a %s is never %p", (kind, url) => {
  expect(placeOf(kind, { url })).toEqual(["url", "spec.url"]);
});

test.each([
  ["GitRepository", "https://example.com:8443/a.git"],
  ["GitRepository", "http://[::1]/a"],
  ["GitRepository", "ssh://git@example.com:22/a"],
  ["HelmRepository", "oci://example.com/charts"],
  ["OCIRepository", "oci://ghcr.io/a/b"],
  ["Bucket", "file://"],
])("the URL of a %s may be %p", (kind, url) => {
  expect(placeOf(kind, { url })).toBeNull();
});
