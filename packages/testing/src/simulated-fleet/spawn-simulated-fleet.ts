import { join } from "node:path";
import { connectControls, type RemoteFleet } from "./control/control-client.ts";
import type { SimulatedFleetOptions } from "./start-simulated-fleet.ts";

/** What the process says once it listens. */
export interface FleetProcessLine {
  readonly controlUrl: string;
  /** A kubeconfig with a context for every cluster; removed when the process ends. */
  readonly kubeconfigPath: string;
  readonly startMs: number;
}

/** A simulated fleet in a process of its own, so that its work is not counted as ours. */
export interface FleetProcess extends RemoteFleet, FleetProcessLine, AsyncDisposable {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts it; it ends when this process does. @throws with what it said when it does not start */
export async function spawnSimulatedFleet(
  options: Pick<SimulatedFleetOptions, "clusters" | "objects" | "seed" | "rate" | "keptMax">,
): Promise<FleetProcess> {
  const { clusters, objects, seed, rate, keptMax } = options;
  const given = { clusters, objects, seed, rate, kept: keptMax };
  const args = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const line = await firstLine(child.stdout);
  if (line === "") throw new Error(`the simulated fleet ended with ${await child.exited}`);
  const said = JSON.parse(line) as FleetProcessLine;
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
  };
  return { ...said, ...connectControls(said.controlUrl), pid: child.pid, stop, [Symbol.asyncDispose]: stop };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  return "";
}
