import type { FleetLog } from "@flux-orchestrator/contract";

/** Entries as clients of REST v1 know them; beside them, only where there is something to say, what is missing and why. */
export function toV1FleetLog({ lines, failures, leftOut }: FleetLog) {
  return {
    logs: lines.map(({ at, clusterId, clusterName, namespace, pod, container, text, level }) => ({
      timestamp: at === null ? "" : utc(at),
      cluster_id: clusterId,
      cluster_name: clusterName,
      namespace,
      pod_name: pod,
      container,
      message: text,
      ...(level === null ? {} : { level }),
    })),
    count: lines.length,
    ...(failures.length === 0
      ? {}
      : {
          errors: failures.map(({ clusterId, clusterName, namespace, pod, container, code, message }) => ({
            cluster_id: clusterId,
            cluster_name: clusterName,
            ...(namespace === null ? {} : { namespace }),
            ...(pod === null ? {} : { pod_name: pod }),
            ...(container === null ? {} : { container }),
            code,
            error: message,
          })),
        }),
    ...(leftOut.length === 0
      ? {}
      : {
          truncated: true,
          left_out: leftOut.map(({ clusterId, clusterName, pods, lines }) => ({
            cluster_id: clusterId,
            cluster_name: clusterName,
            pods,
            lines,
          })),
        }),
  };
}

/** The time in UTC, zeros at the end of its fraction left out. */
function utc(at: string): string {
  const fraction = /\.(\d+)/.exec(at)?.[1]?.replace(/0+$/, "") ?? "";
  return `${new Date(at).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
}
