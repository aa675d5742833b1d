import { type Cluster, DomainError } from "@flux-orchestrator/contract";

/** @throws DomainError CLUSTER_UNHEALTHY: in REST v1 a cluster that does not answer is a failed request */
export function toHealthyOrRefuse({ status, problem }: Cluster): { status: "healthy" } {
  if (status === "healthy") return { status };
  const why = problem?.message ?? "It did not answer.";
  throw new DomainError(
    "CLUSTER_UNHEALTHY",
    `The cluster is unhealthy: ${why}`,
    problem?.hint === undefined ? {} : { hint: problem.hint },
  );
}
