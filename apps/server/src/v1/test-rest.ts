import { afterAll, beforeAll } from "bun:test";
import {
  type Api,
  type Authorizer,
  createApi,
  type Logger,
  NO_METRICS,
  seedRoles,
  type TokenUrls,
} from "@flux-orchestrator/api";
import { createKeyring, type Database } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type Fleet, startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { Elysia } from "elysia";
import { kubeconfigTo } from "../../test/kubeconfig-to.ts";
import { requestIdOf } from "../http/caller.ts";
import { restV1 } from "./rest-v1.ts";

/** An answer as a client got it. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Undefined when the text is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: every test says itself what it expects of an answer.
  json: any;
}
interface Served {
  readonly fleet: Fleet;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Answers without the network in between: what is not read of the answer is not made. */
  handle(request: Request): Promise<Response>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}
export interface Rest extends Served {
  readonly database: Database;
  /** What was logged as an error; a test that expects none checks that it is empty. */
  readonly errors: string[];
  /** `postgres://…`, over TCP. */
  databaseUrl(): Promise<string>;
  /** A further server on the same database, for as long as this one runs. */
  replica(): Promise<Served>;
}
interface Options {
  authorizer?: Authorizer;
  ready?: () => Promise<boolean>;
  tokenUrls?: TokenUrls;
  /** Told of every operation that ran, by name. */
  ran?: (operation: string) => void;
  /** Told of every stream that is opened (1) or over (-1). */
  opened?: (stream: string, by: 1 | -1) => void;
}
/** The key of these servers. */
export const TEST_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));

/**
 * The whole server behind REST v1, over HTTP, with a database and a fleet of this test file's own. Paths that are not REST
 * v1's lead to a page, as they do in the product.
 */
export function useRest(options: Options = {}): Rest {
  const running: (Served & { stop(): Promise<void> })[] = [];
  const errors: string[] = [];
  // Before the database's own: hooks run in the order in which they are declared.
  afterAll(() => Promise.all(running.map((server) => server.stop())), 180_000);
  const db = useDatabase();
  const must = () => running[0] ?? expectedStarted();
  const start = async () => {
    const server = await startServer(db.database, errors, options);
    running.push(server);
    return server;
  };
  beforeAll(async () => {
    await seedRoles(db.database.sql);
    await start();
  }, 180_000);
  return {
    get database() {
      return db.database;
    },
    get fleet() {
      return must().fleet;
    },
    get url() {
      return must().url;
    },
    errors,
    databaseUrl: () => db.url(),
    replica: start,
    handle: (request) => must().handle(request),
    call: (method, path, body, headers) => must().call(method, path, body, headers),
  };
}

async function startServer(
  database: Database,
  errors: string[],
  options: Options,
): Promise<Served & { stop(): Promise<void> }> {
  const keyring = createKeyring(TEST_KEY);
  const log: Logger = {
    info() {},
    warn() {},
    error: (_fields, message) => void errors.push(message),
  };
  const fleet = await startFleet({ database, keyring, egress: LOCAL_EGRESS, log, syncIntervalMinutes: async () => 5 });
  const api: Api = createApi({
    database,
    fleet,
    keyring,
    mode: "local",
    egress: LOCAL_EGRESS,
    log,
    now: Date.now,
    version: "0.0.0-test",
    ...(options.authorizer === undefined ? {} : { authorizer: options.authorizer }),
    metrics: {
      ...NO_METRICS,
      operation: options.ran ?? NO_METRICS.operation,
      streamOpened: (stream) => options.opened?.(stream, 1),
      streamClosed: (stream) => options.opened?.(stream, -1),
    },
    ...(options.tokenUrls === undefined ? {} : { tokenUrls: options.tokenUrls }),
  });
  const app = new Elysia()
    .use(
      restV1({
        api,
        callerOf: async (request) => ({
          actor: { id: request.headers.get("x-actor") ?? "system" },
          requestId: requestIdOf(request),
          through: "rest",
          signal: request.signal,
        }),
        log,
        health: { ready: options.ready ?? (async () => true) },
      }),
    )
    .get("/*", () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } }));
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => app.handle(request) });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    fleet,
    url,
    handle: async (request) => app.handle(request),
    call: (method, path, body, headers = {}) => callAt(url, { method, path, body, headers }),
    async stop() {
      await server.stop(true);
      await api.jobs.stop();
      api.close();
      await fleet.stop();
    },
  };
}

async function callAt(
  url: string,
  { method, path, body, headers }: { method: string; path: string; body: unknown; headers: Record<string, string> },
): Promise<Answer> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: "manual",
    keepalive: false,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function expectedStarted(): never {
  throw new Error("the server starts before the first test");
}

/** A kubeconfig that is well-formed and leads to a port where nothing listens. */
export const kubeconfigOf = (server: string): string => kubeconfigTo(server, { token: "a-token-that-opens-nothing" });
