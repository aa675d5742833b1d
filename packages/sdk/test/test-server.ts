import { afterAll, beforeAll } from "bun:test";
import { type Authorizer, appRouter, createApi } from "@flux-orchestrator/api";
import { createKeyring, type Database } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";

const LOG = { info: () => {}, warn: () => {}, error: () => {} };

export interface TestServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly Request[];
  /** Streams that are open now. */
  readonly openStreams: number;
  /** Ends every connection and takes no new ones; operations go on elsewhere. */
  down(): Promise<void>;
  /** On the same port. */
  up(): void;
  stop(): Promise<void>;
}

/** Servers over one database of this test file, ended after its tests. */
export function useTestServers(): {
  readonly server: TestServer;
  start(options?: { authorizer?: Authorizer }): Promise<TestServer>;
} {
  const started: TestServer[] = [];
  // Hooks run in the order in which they are registered: the servers are to end before their database does.
  afterAll(async () => {
    for (const server of started) await server.stop();
  });
  const db = useDatabase();
  const start = async (options?: { authorizer?: Authorizer }) => {
    const server = await startTestServer(db.database, options);
    started.push(server);
    return server;
  };
  beforeAll(async () => {
    await start();
  }, 180_000);
  return {
    get server() {
      return started[0]!;
    },
    start,
  };
}

/** The real operations behind the real router, over HTTP. */
async function startTestServer(database: Database, options: { authorizer?: Authorizer } = {}): Promise<TestServer> {
  const keyring = createKeyring(Buffer.from("0123456789abcdef".repeat(4), "hex"));
  const shared = { database, keyring, egress: LOCAL_EGRESS, log: LOG };
  const fleet = await startFleet({ ...shared, syncIntervalMinutes: async () => 5 });
  const api = createApi({ ...shared, ...options, fleet, mode: "local", now: Date.now, version: "1.2.3" });
  const requests: Request[] = [];
  let openStreams = 0;
  const listen = (port: number) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 30,
      fetch(request) {
        requests.push(request);
        if (new URL(request.url).pathname === "/trpc/live.watch") {
          openStreams++;
          request.signal.addEventListener("abort", () => openStreams--, { once: true });
        }
        const caller = { actor: { id: "test" }, requestId: `request-${requests.length}`, through: "sdk" } as const;
        return fetchRequestHandler({
          endpoint: "/trpc",
          req: request,
          router: appRouter,
          createContext: () => api.requestContext({ ...caller, signal: request.signal }),
        });
      },
    });
  let server = listen(0);
  const port = server.port!;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get openStreams() {
      return openStreams;
    },
    down: () => server.stop(true),
    up() {
      server = listen(port);
    },
    async stop() {
      await server.stop(true);
      api.close();
      await fleet.stop();
    },
  };
}
