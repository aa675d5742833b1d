import type { ReconcileRun, ResourceDetail, ResourceRef } from "@flux-orchestrator/contract";
import { failureOf } from "../failure.ts";
import { fleet } from "../fleet.svelte.ts";
import { live } from "../live/live.svelte.ts";
import { objectHref } from "../links.ts";
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
  reconcile(detail: ResourceDetail): void {
    this.open = { verb: "reconcile", detail };
  }
  /** Opens the dialog, or resumes at once: resuming asks for nothing. */
  suspendOrResume(detail: ResourceDetail): void {
    if (detail.row.suspended) void this.resume(detail);
    else this.open = { verb: "suspend", detail };
  }

  async resume(detail: ResourceDetail): Promise<void> {
    try {
      await trpc.resource.resume.mutate(refOf(detail));
      toasts.show({ tone: "ok", words: `${detail.row.name} resumed`, detail: `on ${detail.row.clusterName}`, href: null });
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
          if (run.phase !== "ended") void trpc.resource.run.query({ id: run.id }).then((again) => this.put(again), () => {});
        }
      },
    });
  }

  #tell(run: ReconcileRun): void {
    const cluster = fleet.clusters.find((other) => other.id === run.clusterId);
    const where = cluster === undefined ? "" : ` on ${cluster.name}`;
    const href = cluster === undefined ? null : objectHref({ ...run, clusterSlug: cluster.slug });
    if (run.phase !== "ended") {
      const detail = run.phase === "handled" ? "handled by the controller, waiting for the outcome" : "requested, not handled yet";
      toasts.show({ id: run.id, tone: "progressing", words: `Reconciling ${run.name}${where}`, detail, href: null });
      return;
    }
    this.#mine.delete(run.id);
    const [tone, words] = OUTCOME[run.outcome ?? "unknown"];
    toasts.show({ id: run.id, tone, words: `${run.name} ${words}`, detail: run.message || null, href: tone === "ok" ? null : href });
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
