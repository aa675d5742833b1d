import { expect } from "bun:test";
import type { ClusterTarget } from "../src/cluster-target.ts";
import type { ConnectionStep } from "../src/connection-test/steps.ts";
import { testConnection } from "../src/connection-test/test-connection.ts";
import { type EgressPolicy, LOCAL_EGRESS } from "../src/egress.ts";
import { HEALTHY, type Routes, routed } from "./small-api-server.ts";
import { startTlsWorld } from "./tls-world.ts";

/** Stands for every secret of a target, and for what an API server writes. */
export const SECRET = "q7mark5z";

/** Every step; none of them may hold a secret of the target or a word of the API server. */
export async function steps(target: ClusterTarget, egress: EgressPolicy = LOCAL_EGRESS): Promise<ConnectionStep[]> {
  const walked = await Array.fromAsync(testConnection(target, { egress }));
  expect(walked.map(({ name }) => name)).toEqual([
    "DNS",
    "TCP",
    "TLS",
    "Authentication",
    "Version",
    "Flux",
    "Permissions",
  ]);
  expect(JSON.stringify(walked)).not.toContain(SECRET);
  return walked;
}

/** The step that failed; those before it went well and those after it were not tried. */
export async function failedStep(target: ClusterTarget, egress?: EgressPolicy): Promise<ConnectionStep> {
  const walked = await steps(target, egress);
  const at = walked.findIndex(({ outcome }) => outcome === "fail");
  expect(walked.map(({ outcome }) => outcome)).toEqual(
    walked.map((_, index) => (index < at ? "ok" : index === at ? "fail" : "skipped")),
  );
  expect(walked[at]!.remedy).not.toBeNull();
  return walked[at]!;
}

/** A TLS server that answers as a healthy API server does, but for these routes. */
export const withRoutes = (routes: Routes) => startTlsWorld(routed({ ...HEALTHY, ...routes }));
