import type { Job } from "@flux-orchestrator/contract";
import { failureOf } from "../failure.ts";
import { live } from "../live/live.svelte.ts";
import { trpc } from "../trpc.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { jobWords, takeNewer } from "./job-words.ts";

const NAME = "cluster.resyncAll";

/** The reader's last resync of every cluster: it goes on when the page is closed, and is found again here. */
export class ResyncAll {
  job = $state.raw<Job | null>(null);
  /** The answer to a click is not there yet. */
  asking = $state(false);
  readonly isOpen = $derived(this.job !== null && this.job.state !== "ended");

  /** Follows it until the returned function is called. */
  follow(): () => void {
    const stop = live.watch({
      topics: [{ topic: "jobs" }],
      from: null,
      onJob: (job) => this.#take(job),
      onRefetch: () => void this.#find(),
    });
    void this.#find();
    return stop;
  }
  start(): Promise<void> {
    return this.#ask("The clusters were not resynced", () => trpc.cluster.resyncAll.mutate({}));
  }
  cancel(): Promise<void> {
    const id = this.job?.id;
    return id === undefined
      ? Promise.resolve()
      : this.#ask("It was not cancelled", () => trpc.job.cancel.mutate({ id }));
  }

  async #ask(refusal: string, call: () => Promise<Job>): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      this.#take(await call());
    } catch (error) {
      const failure = failureOf(error);
      toasts.failed(refusal, [failure.message, failure.hint].filter(Boolean).join(" "));
    } finally {
      this.asking = false;
    }
  }
  /** One that was under way before this page was opened. Without an answer the stream tells of it. */
  async #find(): Promise<void> {
    const jobs = await trpc.job.list.query().catch(() => []);
    const last = jobs.find(({ name }) => name === NAME);
    if (last !== undefined && (last.state !== "ended" || last.id === this.job?.id)) this.#take(last);
  }
  #take(told: Job): void {
    if (told.name !== NAME) return;
    const wasOpen = this.isOpen;
    this.job = takeNewer(this.job, told);
    if (!wasOpen || this.isOpen) return;
    const words = told.counts.cancelled > 0 ? "Resync cancelled" : "Resync ended";
    const tone = told.counts.succeeded === told.total ? "ok" : "warn";
    toasts.show({ tone, words, detail: jobWords(told), href: "/activity" });
  }
}
