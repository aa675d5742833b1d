import type { ReconcileRun, ResourceDetail, ResourceRef } from "@flux-orchestrator/contract";
import { failureOf } from "../failure.ts";
import { fleet } from "../fleet.svelte.ts";
import { objectHref } from "../links.ts";
import { live } from "../live/live.svelte.ts";
import { trpc } from "../trpc.ts";
import { toasts } from "../ui/toasts.svelte.ts";

export interface OpenAction {
  verb: "reconcile" | "suspend";
  detail: ResourceDetail;
}

/** The object of a detail, as operations name it. */
export const refOf = (detail: ResourceDetail): ResourceRef => ({
  cluster: detail.row.clusterSlug,
  kind: detail.row.kind as ResourceRef["kind"],
  namespace: detail.row.namespace,
  name: detail.row.name,
});

/** The controller has stopped trying: without a reset of its counters nothing happens. */
export const retriesExhausted = (detail: ResourceDetail): boolean =>
  detail.can.reset && detail.row.word === "Stalled" && detail.row.reason === "RetriesExceeded";

/** Why an action is off, in a sentence; null when it is on. Suspending a suspended object is resuming it. */
export function whyNot(verb: "reconcile" | "suspend", detail: ResourceDetail): string | null {
  // Nobody would see what it does.
  if (live.state === "lost") return "The connection to the server is lost; actions are off until it is back.";
  const { can, row } = detail;
  const may = verb === "reconcile" ? can.reconcile : row.suspended ? can.resume : can.suspend;
  if (may) return null;
  return (
    can.reason ??
    `This object cannot be ${verb === "reconcile" ? "reconciled" : row.suspended ? "resumed" : "suspended"}.`
  );
}

/** The reader's own actions: which dialog is open, which reconciles are being followed, what came of them. */
class Actions {
  open = $state.raw<OpenAction | null>(null);
  /** The newest run known per object, by `clusterId kind namespace name`. */
  runs = $state.raw<Record<string, ReconcileRun>>({});
  /** Runs started on this page: only their outcomes become messages. */
  #mine = new Set<string>();

  close(): void {
    this.open = null;
  }
  /** Starts what a key, a button or the palette asks for, or says why it cannot be done. */
  start(verb: "reconcile" | "suspend", detail: ResourceDetail): void {
    const why = whyNot(verb, detail);
    if (why !== null) toasts.show({ tone: "off", words: "Not possible now", detail: why, href: null });
    else if (verb === "suspend" && detail.row.suspended) void this.resume(detail);
    else this.open = { verb, detail };
  }
  /** Reads the object that is about to be acted on; a failure becomes a message. */
  async read(ref: ResourceRef): Promise<ResourceDetail | null> {
    try {
      return await trpc.resource.get.query(ref);
    } catch (error) {
      toasts.failed(`${ref.name} could not be read`, failureOf(error).message);
      return null;
    }
  }

  async resume(detail: ResourceDetail): Promise<void> {
    try {
      await trpc.resource.resume.mutate(refOf(detail));
      toasts.show({
        tone: "ok",
        words: `${detail.row.name} resumed`,
        detail: `on ${detail.row.clusterName}`,
        href: null,
      });
    } catch (error) {
      const failure = failureOf(error);
      toasts.failed(`${detail.row.name} was not resumed`, [failure.message, failure.hint].filter(Boolean).join(" "));
    }
  }

  /** Takes over a run the server answered with. */
  started(run: ReconcileRun): void {
    this.#mine.add(run.id);
    this.put(run);
  }
  put(run: ReconcileRun): void {
    const key = runKey(run);
    const known = this.runs[key];
    if (known !== undefined && known.id !== run.id && known.startedAt > run.startedAt) return;
    this.runs = { ...this.runs, [key]: run };
    if (this.#mine.has(run.id)) this.#tell(run);
  }

  /** Listens to outcomes; called once, by the frame. */
  follow(): () => void {
    return live.watch({
      topics: [],
      from: null,
      onRun: (run) => this.put(run),
      onRefetch: () => {
        for (const run of Object.values(this.runs)) {
          if (run.phase !== "ended")
            void trpc.resource.run.query({ id: run.id }).then(
              (again) => this.put(again),
              () => {},
            );
        }
      },
    });
  }

  #tell(run: ReconcileRun): void {
    const cluster = fleet.clusters.find((other) => other.id === run.clusterId);
    const where = cluster === undefined ? "" : ` on ${cluster.name}`;
    const href = cluster === undefined ? null : objectHref({ ...run, clusterSlug: cluster.slug });
    if (run.phase !== "ended") {
      const detail =
        run.phase === "handled" ? "handled by the controller, waiting for the outcome" : "requested, not handled yet";
      toasts.show({ id: run.id, tone: "progressing", words: `Reconciling ${run.name}${where}`, detail, href: null });
      return;
    }
    this.#mine.delete(run.id);
    const [tone, words] = OUTCOME[run.outcome ?? "unknown"];
    toasts.show({
      id: run.id,
      tone,
      words: `${run.name} ${words}`,
      detail: run.message || null,
      href: tone === "ok" ? null : href,
    });
  }
}
const OUTCOME: Record<NonNullable<ReconcileRun["outcome"]>, [tone: string, words: string]> = {
  ready: ["ok", "is Ready"],
  failed: ["failed", "failed"],
  "timed-out": ["warn", "has not ended in time"],
  superseded: ["off", "was asked for again"],
  suspended: ["off", "was suspended"],
  deleted: ["off", "was deleted"],
  unknown: ["unknown", "ended unseen"],
};

export const runKey = (object: { clusterId: string; kind: string; namespace: string; name: string }): string =>
  `${object.clusterId} ${object.kind} ${object.namespace} ${object.name}`;

export const actions = new Actions();
