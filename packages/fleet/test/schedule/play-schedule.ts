import type { ObservedCluster, ObservedFleet } from "../observed-fleet.ts";
import { type ClusterStep, CONTROLLERS, type PostgresStep, type Schedule, type Timed } from "./draw-schedule.ts";

/** Lets everything happen at its time. The fleet lives for the first half and comes to rest under faults; they are healed at the end. */
export async function playSchedule(fleet: ObservedFleet, schedule: Schedule): Promise<void> {
  fleet.simulated.life.rate = RATE;
  await Promise.all([
    Bun.sleep(schedule.durationMs / 2).then(() => rest(fleet)),
    ...schedule.clusters.map((steps, at) => play(steps, (step) => toCluster(fleet.clusters[at]!, step))),
    play(schedule.postgres, (step) => toPostgres(fleet, step)),
  ]);
  await fleet.postgres.heal();
  for (const cluster of fleet.clusters) await toCluster(cluster, "heal");
}

/** Nothing new comes, and everybody who has something to end is there to end it. */
function rest({ simulated }: ObservedFleet): void {
  simulated.life.rate = 0;
  for (const cluster of simulated.clusters)
    for (const controller of CONTROLLERS) cluster.setController(controller, true);
}

/** Writes per second. */
const RATE = 80;

async function play<Step>(steps: readonly Timed<Step>[], happen: (step: Step) => Promise<void>): Promise<void> {
  const beganMs = performance.now();
  for (const { atMs, step } of steps) {
    await Bun.sleep(Math.max(0, atMs - (performance.now() - beganMs)));
    await happen(step);
  }
}

async function toCluster({ simulated, proxy }: ObservedCluster, step: ClusterStep): Promise<void> {
  if (step === "heal") {
    simulated.setFaults({});
    return proxy.heal();
  }
  if ("network" in step) return proxy.inject(step.network);
  if ("server" in step) return simulated.setFaults(step.server);
  switch (step.happens) {
    case "compacted":
      return simulated.compact(step.as);
    case "garbage":
      return simulated.sendGarbage("Kustomization", step.form);
    case "burst":
      return simulated.burst(step.events);
    case "removed":
    case "replaced": {
      const objects = simulated.truth(step.kind);
      const object = objects[step.nth % objects.length];
      if (object === undefined) return;
      return step.happens === "removed" ? simulated.remove(step.kind, object) : simulated.replace(step.kind, object);
    }
    case "kind goes":
      return simulated.removeKind(step.kind);
    case "kind comes":
      return simulated.restoreKind(step.kind);
    case "controller goes":
      return simulated.setController(step.controller, false);
  }
}

async function toPostgres({ postgres, restart }: ObservedFleet, step: PostgresStep): Promise<void> {
  if (step === "heal") return postgres.heal();
  if (step !== "the product is restarted") return postgres.inject(step.postgres);
  // A start without a database is refused, which is no fault of this kind.
  await postgres.heal();
  await restart();
}
