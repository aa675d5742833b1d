import { PodContainers, PodRef } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { OBJECT_FIELD_CODES, objectScope, readObject } from "./object-ref.ts";
import { containersOf, namedPod } from "./pod.ts";

/** The containers of a pod, by name and role. @throws DomainError OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, … */
export const listContainers = operation({
  name: "workload.containers",
  permission: "resource.read",
  scope: objectScope,
  effect: "read",
  input: PodRef,
  output: PodContainers,
  invalid: OBJECT_FIELD_CODES,
  run: async (ctx, ref) => containersOf(await readObject(await namedPod(ctx, ref))),
});
