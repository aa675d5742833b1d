import { type ClusterProblem, DomainError } from "@flux-orchestrator/contract";
import { SealError } from "@flux-orchestrator/db";
import { KubeError, remedyOf } from "@flux-orchestrator/k8s";

const LOCKED = {
  code: "CREDENTIAL_LOCKED",
  message: "The stored credential cannot be opened with the present encryption key.",
  hint: "Start with the key this database was made with, or replace the cluster's credential.",
};

/** A failure in our words, with what to do about it. */
export function problemOf(error: unknown): Omit<ClusterProblem, "since"> {
  if (error instanceof SealError) return LOCKED;
  if (error instanceof KubeError) return { code: error.code, message: error.message, hint: remedyOf(error).remedy };
  if (error instanceof DomainError)
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return { code: "INTERNAL", message: "The cluster could not be read.", hint: "Look at the server's log." };
}
