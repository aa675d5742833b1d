import type { z } from "zod";
import { type Actor, allowEverything } from "./authorize.ts";
import type { ApiDeps, CallContext, Caller } from "./context.ts";
import { ALL_JOBS } from "./job/all-jobs.ts";
import { createJobQueue } from "./job/create-job-queue.ts";
import type { JobQueue } from "./job/job-queue.ts";
import { submit } from "./job/submit.ts";
import { Ledger } from "./ledger.ts";
import { createLiveHub } from "./live/create-live-hub.ts";
import type { LiveHub } from "./live/hub.ts";
import { Lookups } from "./lookups.ts";
import { NO_METRICS } from "./metrics.ts";
import { TOKEN_URLS } from "./oauth/token-urls.ts";
import { openStream } from "./open-stream.ts";
import type { Job, Operation, Stream } from "./operation.ts";
import { perform } from "./perform.ts";
import type { RequestContext } from "./request-context.ts";
import { StreamPlaces } from "./stream-places.ts";
import { actorOfToken, boundedByTokens } from "./token/token-actor.ts";

/** The operations with everything they need; one per process. */
export interface Api {
  /** What `perform` needs for one call. */
  context(caller: Caller): CallContext;
  /** What a tRPC procedure gets for one call. */
  requestContext(caller: Caller): RequestContext;
  /** Who acts with a token. @throws DomainError UNAUTHENTICATED */
  actorOf(token: string): Promise<Actor>;
  /** Durable jobs: run from `start` on; `stop` before `close`. */
  readonly jobs: Pick<JobQueue, "start" | "stop">;
  close(): void;
}

/** Binds the operations to what the server gives them. */
export function createApi(given: ApiDeps): Api {
  const { metrics = NO_METRICS, tokenUrls = TOKEN_URLS } = given;
  const authorizer = boundedByTokens(given.database.sql, given.authorizer ?? allowEverything);
  const deps = { ...given, authorizer, metrics, tokenUrls };
  const hub: LiveHub = createLiveHub(deps);
  const places = new StreamPlaces();
  const ledger = new Ledger(deps.database.sql);
  const lookups = new Lookups(deps.database.sql);
  const context = (caller: Caller): CallContext => ({ deps, hub, jobs, places, ledger, lookups, caller });
  const { database, log, jobs: declared = ALL_JOBS } = deps;
  const jobs = createJobQueue({
    database,
    log,
    metrics,
    declared,
    contextOf: context,
    announce: () => deps.fleet.feed.announce(),
  });
  return {
    context,
    actorOf: (token) => actorOfToken(database.sql, token),
    jobs,
    requestContext(caller) {
      const call = context(caller);
      return {
        requestId: caller.requestId,
        perform: (declared, input) =>
          perform(declared as Operation<typeof declared.input, typeof declared.output>, call, input),
        submit: (declared, input) =>
          // The output of every job is the job as it stands, which is what its door promises.
          submit(declared as unknown as Job<typeof declared.input>, call, input) as Promise<
            z.output<typeof declared.output>
          >,
        live: (declared, input, signal) => {
          const withSignal = signal === undefined ? call : context({ ...caller, signal });
          return openStream(declared as Stream<typeof declared.input, typeof declared.output>, withSignal, input);
        },
      };
    },
    close: () => hub.close(),
  };
}
