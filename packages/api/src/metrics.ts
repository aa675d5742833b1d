import type { ErrorCode, JobItemState } from "@flux-orchestrator/contract";

/**
 * Why a reader of a stream was told to fetch anew. `slow`: it took its frames too slowly. `missed`: it came back too late to
 * be told what it missed. `rights`: what it may see changed. `feed`: the change feed broke off, for every reader at once.
 */
export type ResyncReason = "slow" | "missed" | "rights" | "feed";

/** What the operations tell of their work as it happens. Every method is cheap and never throws. */
export interface ApiMetrics {
  /** An operation ended, through whichever door: well, or with the code of its failure. */
  operation(name: string, outcome: ErrorCode | "OK", ms: number): void;
  streamOpened(name: string): void;
  streamClosed(name: string): void;
  /** A frame was handed to one reader of a stream. */
  frame(name: string): void;
  /** So many readers were told to fetch anew. */
  resync(reason: ResyncReason, readers: number): void;
  /** An item of a job ended. */
  jobItem(state: JobItemState): void;
}

export const NO_METRICS: ApiMetrics = {
  operation() {},
  streamOpened() {},
  streamClosed() {},
  frame() {},
  resync() {},
  jobItem() {},
};
