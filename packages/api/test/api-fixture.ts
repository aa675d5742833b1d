import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { DomainError } from "@flux-orchestrator/contract";
import { createKeyring, type Database, type Keyring } from "@flux-orchestrator/db";
import { useDatabase } from "@flux-orchestrator/db/test-database";
import { type Fleet, startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import type { z } from "zod";
import type { CallContext, Caller, Logger } from "../src/context.ts";
import { type Api, createApi } from "../src/create-api.ts";
import type { LocalKubeconfigPort } from "../src/local-kubeconfig-port.ts";
import type { Job, Operation } from "../src/operation.ts";
import { perform } from "../src/perform.ts";
import { seedRoles } from "../src/rbac/seed-roles.ts";
import { TestRights } from "./rights.ts";

/** One line of the log. */
export interface LogLine {
  level: "info" | "warn" | "error";
  fields: Record<string, unknown>;
  message: string;
}

/** The operations over a real database and a real fleet of one test file. */
export interface ApiFixture {
  readonly database: Database;
  /** `postgres://…`, over TCP. */
  databaseUrl(): Promise<string>;
  readonly fleet: Fleet;
  readonly api: Api;
  readonly keyring: Keyring;
  readonly rights: TestRights;
  readonly log: LogLine[];
  call(caller?: Partial<Omit<Caller, "actor">> & { actor?: string }): CallContext;
  perform<I extends z.ZodType, O extends z.ZodType>(
    operation: Operation<I, O>,
    input: z.input<I>,
    actor?: string,
  ): Promise<z.output<O>>;
  /** Code, message, hint and issues of the failure; what succeeds instead fails the test. */
  refusal(operation: Operation, input: unknown, actor?: string): Promise<Refusal>;
  /** What was recorded under one request id, or all of it; oldest first, an intent without outcome with null. */
  recorded(requestId?: string): Promise<Recorded[]>;
}
export interface Refusal {
  code: string;
  message: string;
  hint: string | undefined;
  issues: { path: string; message: string }[] | undefined;
}
export interface Recorded {
  actor: string;
  operation: string;
  action: string;
  resourceType: string;
  resourceId: string;
  clusterName: string;
  outcome: "success" | "failed" | "unknown" | null;
  message: string;
}

interface Options {
  /** Jobs that can be submitted instead of the product's own. */
  jobs?: readonly Job[];
  mode?: "local" | "server";
  localKubeconfig?: LocalKubeconfigPort;
}

/** Starts everything before the first test of the file, and ends it after the last. */
export function useApi(options: Options = {}): ApiFixture {
  setDefaultTimeout(180_000);
  const rights = new TestRights();
  const log: LogLine[] = [];
  const keyring = createKeyring(Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)));
  let running: { fleet: Fleet; api: Api } | undefined;
  const must = () => running ?? expectedStarted();
  // Before the database's own: hooks run in the order in which they are declared.
  afterAll(async () => {
    await running?.api.jobs.stop();
    running?.api.close();
    await running?.fleet.stop();
  }, 180_000);
  const db = useDatabase();
  beforeAll(async () => {
    const { database } = db;
    await seedRoles(database.sql);
    const logger = loggerInto(log);
    const shared = { database, keyring, egress: LOCAL_EGRESS, log: logger, now: Date.now };
    const { localKubeconfig } = options;
    const fleet = await startFleet({
      ...shared,
      syncIntervalMinutes: async () => 5,
      ...(localKubeconfig === undefined ? {} : { credentialOf: (target) => localKubeconfig.credential(target) }),
    });
    const deps = {
      ...shared,
      fleet,
      authorizer: rights,
      mode: options.mode ?? ("local" as const),
      version: "1.2.3",
      ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    };
    running = { fleet, api: createApi(localKubeconfig === undefined ? deps : { ...deps, localKubeconfig }) };
  }, 180_000);

  const call: ApiFixture["call"] = ({ actor = "operator", ...caller } = {}) =>
    must().api.context({ requestId: crypto.randomUUID(), through: "dashboard", ...caller, actor: { id: actor } });
  return {
    get database() {
      return db.database;
    },
    databaseUrl: () => db.url(),
    get fleet() {
      return must().fleet;
    },
    get api() {
      return must().api;
    },
    keyring,
    rights,
    log,
    call,
    perform: (operation, input, actor) => perform(operation, call(actor === undefined ? {} : { actor }), input),
    async refusal(operation, input, actor) {
      try {
        await perform(operation, call(actor === undefined ? {} : { actor }), input);
      } catch (error) {
        return refusalOf(error);
      }
      throw new Error(`${operation.name} was expected to fail`);
    },
    recorded: (requestId) => readRecorded(db.database, requestId),
  };
}

/** @throws what is no DomainError: the pipeline promises nothing else */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof DomainError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint, issues: error.options.issues };
}

async function readRecorded(database: Database, requestId: string | undefined): Promise<Recorded[]> {
  const { sql } = database;
  return await sql<Recorded[]>`
    select i.actor, i.operation, i.action, i.resource_type as "resourceType", i.resource_id as "resourceId",
      i.cluster_name as "clusterName", o.outcome, coalesce(o.message, '') as message
    from audit_events i left join audit_events o on o.intent_id = i.id
    where i.part = 'intent' and ${requestId === undefined ? sql`true` : sql`i.request_id = ${requestId}`} order by i.id`;
}

function loggerInto(lines: LogLine[]): Logger {
  const write = (level: LogLine["level"]) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { info: write("info"), warn: write("warn"), error: write("error") };
}

function expectedStarted(): never {
  throw new Error("the operations start before the first test");
}
