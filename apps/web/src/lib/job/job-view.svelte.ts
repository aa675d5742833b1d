import type { Job, JobDetail, JobItem } from "@flux-orchestrator/contract";
import { type Failure, failureOf, isMissing } from "../failure.ts";
import { live } from "../live/live.svelte.ts";
import { Loaded } from "../loaded.svelte.ts";
import { trpc } from "../trpc.ts";
import { takeNewer } from "./job-words.ts";

/** The items of a job that goes on are asked for again at most this often; its counts follow at once. */
const REREAD_EVERY_MS = 1000;
/** For each thousand items, which make an answer of some hundred kilobytes. */
const PER_THOUSAND_MS = 1000;

/** One job as its page shows it: read once, then kept current by the stream. */
export class JobView {
  readonly detail: Loaded<JobDetail>;
  /** Newer counts than the detail's. */
  #told = $state.raw<Job | null>(null);
  cancelling = $state(false);
  refusal = $state.raw<Failure | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly id: string) {
    this.detail = new Loaded((signal) => trpc.job.get.query({ id }, { signal }));
  }

  get job(): Job | null {
    const read = this.detail.value;
    return read === null || this.#told === null ? (this.#told ?? read) : takeNewer(read, this.#told);
  }
  get items(): readonly JobItem[] {
    return this.detail.value?.items ?? [];
  }
  get missing(): boolean {
    return this.detail.value === null && this.detail.failure !== null && isMissing(this.detail.failure);
  }

  /** Reads it and follows it until the returned function is called. */
  follow(): () => void {
    void this.detail.load();
    const stop = live.watch({
      topics: [{ topic: "jobs" }],
      from: null,
      onJob: (job) => {
        if (job.id !== this.id) return;
        this.#told = takeNewer(this.#told, job);
        this.#reread();
      },
      onRefetch: () => void this.detail.load(),
    });
    return () => {
      clearTimeout(this.#timer);
      stop();
      this.detail.stop();
    };
  }
  /** Begins nothing more; what is under way ends. */
  async cancel(): Promise<void> {
    if (this.cancelling) return;
    this.cancelling = true;
    try {
      this.#told = takeNewer(this.#told, await trpc.job.cancel.mutate({ id: this.id }));
      this.refusal = null;
      this.#reread();
    } catch (error) {
      this.refusal = failureOf(error);
    } finally {
      this.cancelling = false;
    }
  }

  #reread(): void {
    const total = this.job?.total ?? 0;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        void this.detail.load();
      },
      REREAD_EVERY_MS + (total / 1000) * PER_THOUSAND_MS,
    );
  }
}
