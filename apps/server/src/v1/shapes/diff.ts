import type { objectDiff } from "@flux-orchestrator/api";
import type { OutputOf } from "../route.ts";

/** The keys of REST v1, `desired` and `status` only where there are any, and beside them what differs. */
export function toV1Diff(diff: OutputOf<typeof objectDiff>) {
  const { actual, desired, differences, notAvailable, objects } = diff;
  return {
    actual,
    ...(desired === null ? {} : { desired }),
    ...(actual["status"] === undefined ? {} : { status: actual["status"] }),
    differences,
    ...(objects === null ? {} : { objects }),
    ...(notAvailable === null ? {} : { not_available: notAvailable }),
  };
}
