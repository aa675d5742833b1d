import { type BulkAction, BulkReasonInput, BulkReconcileInput, DomainError } from "@flux-orchestrator/contract";
import type { z } from "zod";
import { FLEET } from "../authorize.ts";
import type { OperationContext } from "../context.ts";
import { type Job, job, type NewJobItem, type Operation } from "../operation.ts";
import { newToken, reconcileResource } from "../resource/reconcile.ts";
import { resumeResource } from "../resource/resume.ts";
import { suspendResource } from "../resource/suspend.ts";
import { type Planned, planBulk } from "./plan.ts";
import type { Selection } from "./selected-objects.ts";
import { countIn, refuseChanged } from "./token.ts";

type Run = Selection & { token?: string | undefined };

interface Bulk<I extends z.ZodType<Run>> {
  action: BulkAction;
  item: Operation;
  input: I;
  /** What the operation takes besides the object. */
  besides(input: z.output<I>, ctx: OperationContext): object;
}

/**
 * A bulk action as a job: sources begin before what applies them, those of one cluster in a stable order. Whoever may read
 * may submit it; the right to act is asked for each object, now and again when its turn comes.
 */
function bulk<I extends z.ZodType<Run>>({ action, item, input, besides }: Bulk<I>): Job<I> {
  return job({
    name: `bulk.${action}`,
    permission: "resource.read",
    scope: () => FLEET,
    audit: {
      action: `bulk_${action}`,
      subject: ({ objects, token }, ctx) => ({
        resourceType: "job",
        resourceId: ctx.newId,
        resourceName: `${objects?.length ?? countIn(token ?? "")} objects`,
        clusterId: "",
        clusterName: "",
      }),
    },
    input,
    item,
    concurrency: 64,
    concurrencyPerCluster: 4,
    skips: ["SUSPENDED", "STATIC_KIND"],
    // Each is idempotent: a suspend and a resume by themselves, a reconcile by the token it keeps.
    interrupted: "again",
    async items(ctx, given) {
      const planned = await planBulk(ctx, action, given);
      refuseForbidden(planned);
      if (given.token !== undefined) refuseChanged(action, planned, given.token);
      return planned.map((object) => itemOf(object, besides(given, ctx)));
    },
  });
}

/** @throws DomainError FORBIDDEN when there is something to do and all of it is more than the actor may */
function refuseForbidden(planned: readonly Planned[]): void {
  const [first] = planned;
  if (first?.skip !== undefined && planned.every(({ skip }) => skip?.code === "FORBIDDEN"))
    throw new DomainError("FORBIDDEN", first.skip.message.replace(" it:", " any of these:"), {
      hint: first.skip.hint!,
    });
}

function itemOf({ cluster, clusterId, kind, namespace, name, skip }: Planned, besides: object): NewJobItem {
  return {
    title: `${kind} ${namespace}/${name}`,
    clusterId,
    input: { cluster: clusterId ?? cluster, kind, namespace, name, ...besides },
    ...(skip === undefined ? {} : { skip }),
  };
}

const reasonOf = ({ reason }: { reason?: string | undefined }) => (reason === undefined ? {} : { reason });

/**
 * Asks the controllers of many objects to act now. An item is done once its API server has acknowledged it.
 * @throws DomainError SELECTION_CHANGED, FORBIDDEN when nothing of it is allowed, INPUT_INVALID
 */
export const bulkReconcile = bulk({
  action: "reconcile",
  item: reconcileResource,
  input: BulkReconcileInput,
  besides: (_, ctx) => ({ token: newToken(ctx.now()) }),
});

/** Suspends many objects. @throws as `bulkReconcile` */
export const bulkSuspend = bulk({
  action: "suspend",
  item: suspendResource,
  input: BulkReasonInput,
  besides: reasonOf,
});

/** Resumes many objects. @throws as `bulkReconcile` */
export const bulkResume = bulk({ action: "resume", item: resumeResource, input: BulkReasonInput, besides: reasonOf });
