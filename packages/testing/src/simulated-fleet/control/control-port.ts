import type { SimulatedFleet } from "../start-simulated-fleet.ts";
import { CLUSTER_CONTROLS, FLEET_CONTROLS, fleetControl } from "./control.ts";

/** Serves the controls on loopback: `POST /fleet/NAME` and `POST /clusters/CLUSTER/NAME`, the arguments as a JSON list. */
export function serveControls(fleet: SimulatedFleet): { url: string; stop(): Promise<void> } {
  const own = fleetControl(fleet);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const [, scope, ...names] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
      const args = (await request.json()) as never[];
      try {
        return Response.json((await call(scope, names, args)) ?? null);
      } catch (error) {
        return Response.json({ message: error instanceof Error ? error.message : String(error) }, { status: 400 });
      }
    },
  });
  const call = (scope: string | undefined, names: string[], args: never[]): unknown => {
    if (scope === "fleet") {
      const control = FLEET_CONTROLS.find((name) => name === names[0]);
      if (control !== undefined) return (own[control] as (...given: never[]) => unknown)(...args);
    }
    const control = CLUSTER_CONTROLS.find((name) => name === names[1]);
    if (scope !== "clusters" || control === undefined) throw new Error(`there is no control ${names.join("/")}`);
    const cluster = fleet.cluster(names[0]!);
    return (cluster[control] as (...given: never[]) => unknown).apply(cluster, args);
  };
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}
