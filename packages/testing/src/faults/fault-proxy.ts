import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { CLEAR, type Conditions, Flow } from "./flow.ts";

/** What can be wrong between two peers. A value, so that a schedule of faults can be drawn, printed and repeated. */
export type TcpFault =
  /** Everything arrives so much later. */
  | { fault: "latency"; ms: number }
  /** Each direction of each connection carries no more than this. */
  | { fault: "bandwidth"; bytesPerSecond: number }
  /** Connections are accepted and stay open; whatever is sent is taken and lost. */
  | { fault: "black hole" }
  /** Nothing moves, as when a peer is frozen; `heal` lets everything go on, in order. */
  | { fault: "stall" }
  /** The peer of every open connection is gone and nobody says so: silence for ever, also after `heal`. New ones are served. */
  | { fault: "half-open" }
  /** Every open connection is broken off with RST. New ones are served. */
  | { fault: "reset" }
  /** Every connection, open or new, is closed once so many bytes more went to the client: in the middle of whatever it was. */
  | { fault: "cut"; afterBytes: number }
  /** The port is closed to new connections; open ones go on. */
  | { fault: "refuse" };

/** A proxy on loopback that does to its connections what networks do. */
export interface FaultProxy<Fault = TcpFault> extends AsyncDisposable {
  /** On 127.0.0.1; the same after `refuse`. */
  readonly port: number;
  /** Connections that are open now, the silent ones too. */
  readonly open: number;
  /** Connections that were accepted since the start. */
  readonly accepted: number;
  /** Bytes that a black hole took since the start. */
  readonly swallowed: number;
  /** From now on, beside what was injected before. */
  inject(fault: Fault): Promise<void>;
  /** Takes every fault back. Connections that lost something are reset: they could only go on wrongly. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Sees the bytes of one connection as they come. @returns false to break the connection off before they are handed on */
export interface Inspector {
  toServer(bytes: Buffer): boolean;
  toClient(bytes: Buffer): boolean;
}

export interface FaultProxyOptions {
  /** The real server: a port on loopback or the path of a Unix socket. */
  to: { port: number } | { path: string };
  inspect?: () => Inspector;
}

const PASS: Inspector = { toServer: () => true, toClient: () => true };

export async function startFaultProxy({ to, inspect = () => PASS }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>();
  let conditions: Conditions = CLEAR;
  let cutAfter: number | undefined;
  let port = 0;
  let accepted = 0;
  let swallowed = 0;
  let server: Server | undefined;

  const listen = async () => {
    const opening = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      accepted++;
      const target: NetConnectOpts = {
        ...to,
        ...("port" in to ? { host: "127.0.0.1", noDelay: true } : {}),
        allowHalfOpen: true,
      };
      const link = new Link(client, connect(target), {
        inspector: inspect(),
        conditions: () => conditions,
        onSwallowed: (bytes) => {
          swallowed += bytes;
        },
        onClosed: () => links.delete(link),
      });
      link.cutAfter = cutAfter;
      links.add(link);
    });
    port = await new Promise<number>((listening, fail) => {
      opening.once("error", fail);
      opening.listen(port, "127.0.0.1", () => listening((opening.address() as AddressInfo).port));
    });
    server = opening;
  };
  /** Closes the port. What is open stays so: `close` would wait for it. */
  const refuse = () => {
    server?.close();
    server = undefined;
  };
  const change = (next: Conditions) => {
    conditions = next;
    for (const link of links) link.update();
  };
  const stop = async () => {
    refuse();
    for (const link of [...links]) link.reset();
  };

  await listen();
  return {
    get port() {
      return port;
    },
    get open() {
      return links.size;
    },
    get accepted() {
      return accepted;
    },
    get swallowed() {
      return swallowed;
    },
    async inject(fault) {
      switch (fault.fault) {
        case "latency":
          return change({ ...conditions, latencyMs: fault.ms });
        case "bandwidth":
          return change({ ...conditions, bytesPerSecond: fault.bytesPerSecond });
        case "black hole":
          return change({ ...conditions, swallows: true });
        case "stall":
          return change({ ...conditions, stalls: true });
        case "half-open":
          for (const link of links) link.fallSilent();
          return;
        case "reset":
          for (const link of [...links]) link.reset();
          return;
        case "cut":
          cutAfter = fault.afterBytes;
          for (const link of links) link.cutAfter = cutAfter;
          return;
        case "refuse":
          return refuse();
      }
    },
    async heal() {
      cutAfter = undefined;
      for (const link of [...links]) {
        link.cutAfter = undefined;
        if (link.hasLost) link.reset();
      }
      change(CLEAR);
      if (server === undefined) await listen();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** One connection through the proxy. */
class Link {
  /** Something was swallowed on the way. */
  hasLost = false;
  /** How many bytes more may go to the client. */
  cutAfter: number | undefined;
  readonly #flows: readonly Flow[];

  constructor(
    readonly client: Socket,
    readonly upstream: Socket,
    readonly options: {
      inspector: Inspector;
      conditions: () => Conditions;
      onSwallowed: (bytes: number) => void;
      onClosed: () => void;
    },
  ) {
    const { inspector, conditions } = options;
    const shared = {
      conditions,
      onSwallowed: (bytes: number) => {
        this.hasLost = true;
        options.onSwallowed(bytes);
      },
      onCut: () => this.reset(),
    };
    this.#flows = [
      new Flow(client, upstream, { ...shared, inspect: (bytes) => inspector.toServer(bytes), allow: (bytes) => bytes }),
      new Flow(upstream, client, {
        ...shared,
        inspect: (bytes) => inspector.toClient(bytes),
        allow: (bytes) => this.#allow(bytes),
      }),
    ];
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // What a peer does to its connection is the other's to deal with.
      one.on("error", () => {});
      one.on("close", (failed) => {
        if (!this.#isSilent && failed) other.resetAndDestroy();
        else if (!this.#isSilent) other.destroySoon();
        // Of a silent one the other side is still open.
        if (client.destroyed && upstream.destroyed) options.onClosed();
      });
    }
    this.update();
  }

  update(): void {
    for (const flow of this.#flows) flow.update();
  }

  fallSilent(): void {
    for (const flow of this.#flows) flow.isSilent = true;
    this.update();
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.upstream.resetAndDestroy();
    this.options.onClosed();
  }

  get #isSilent(): boolean {
    return this.#flows[0]!.isSilent;
  }

  #allow(bytes: number): number {
    if (this.cutAfter === undefined) return bytes;
    const allowed = Math.min(bytes, this.cutAfter);
    this.cutAfter -= allowed;
    return allowed;
  }
}
