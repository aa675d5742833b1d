/** A condition of generation 1, the only one seeded objects have. */
export function condition(
  type: string,
  status: "True" | "False" | "Unknown",
  { reason, message, at }: { reason: string; message: string; at: string },
): Record<string, unknown> {
  return { type, status, reason, message, lastTransitionTime: at, observedGeneration: 1 };
}

interface Said {
  reason: string;
  message: string;
  at: string;
}

/** What Flux's controllers write in each situation, as recorded from them; `observedGeneration` goes beside it. */
export const conditionsWhen = {
  ready: (said: Said) => [condition("Ready", "True", said)],
  /** Failed and tried again for ever: both stand side by side. */
  failed: (said: Said, attempt: string) => [
    condition("Reconciling", "True", { reason: "ProgressingWithRetry", message: attempt, at: said.at }),
    condition("Ready", "False", said),
  ],
  stalled: (said: Said, why: Omit<Said, "at"> = said) => [
    condition("Stalled", "True", { ...why, at: said.at }),
    condition("Ready", "False", said),
  ],
  progressing: (message: string, at: string) => [
    condition("Reconciling", "True", { reason: "Progressing", message, at }),
    condition("Ready", "Unknown", { reason: "Progressing", message: "Reconciliation in progress", at }),
  ],
  blocked: (said: Said) => [condition("Ready", "False", said)],
};
