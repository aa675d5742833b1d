import type { ClusterControl, FleetControl } from "./control.ts";

/** The same calls, answered by another process. */
type Remote<Control> = {
  [Name in keyof Control]: Control[Name] extends (...args: infer Args) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
};

/** The controls of a fleet in another process. */
export interface RemoteFleet {
  readonly fleet: Remote<FleetControl>;
  cluster(name: string): Remote<ClusterControl>;
}

/** @param url of the control port */
export function connectControls(url: string): RemoteFleet {
  const remote = <Control>(path: string) =>
    new Proxy({} as Remote<Control>, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          call(`${url}/${path}/${String(name)}`, args),
    });
  return {
    fleet: remote<FleetControl>("fleet"),
    cluster: (name) => remote<ClusterControl>(`clusters/${encodeURIComponent(name)}`),
  };
}

async function call(url: string, args: unknown[]): Promise<unknown> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(args) });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error((answer as { message: string }).message);
  return answer;
}
