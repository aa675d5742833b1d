import type { AppliedBy } from "@flux-orchestrator/contract";

/** `{message}`, with a warning beside it where Flux may take the change back. */
export const withWarning = (message: string, by: AppliedBy | null) =>
  by === null
    ? { message }
    : { message, warning: `${by.kind} ${by.namespace}/${by.name} applies this object and may put it back` };
