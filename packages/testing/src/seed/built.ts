import type { Planned } from "./plan.ts";
import type { World } from "./world.ts";

/** What a kind adds to the metadata that all seeded objects have. A status left out: nobody has picked it up. */
export interface Built {
  readonly spec: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

export type Build = (object: Planned, world: World) => Built;
