/** The steps of a connection test, in order. */
export const CONNECTION_STEPS = ["DNS", "TCP", "TLS", "Authentication", "Version", "Flux", "Permissions"] as const;

/** What the test learnt of the cluster. */
export interface ConnectionFacts {
  kubernetesVersion?: string;
  fluxVersion?: string | null;
  kindCount?: number;
  objectCount?: number | null;
}

/** One step and how it went. `warn` limits what will work, `fail` ends the test, later steps are `skipped`. */
export interface ConnectionStep {
  name: (typeof CONNECTION_STEPS)[number];
  outcome: "ok" | "warn" | "fail" | "skipped";
  message: string;
  /** What to do about a `warn` or `fail`. */
  remedy: string | null;
  /** A manifest that belongs to the remedy. */
  manifest: string | null;
  /** Error code of a `fail`. */
  code: string | null;
  tookMs: number;
  facts?: ConnectionFacts;
}
