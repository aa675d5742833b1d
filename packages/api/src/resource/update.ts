import { ResourceRow, UpdateResourceInput } from "@flux-orchestrator/contract";
import { operation } from "../operation.ts";
import { appliedBy } from "../workload/applied-by.ts";
import { editSpec, noteOfEdit } from "../workload/edit-spec.ts";
import { namedObject } from "../workload/object-ref.ts";
import { rowAfterAction } from "./after-action.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope, resourceSubject } from "./resource-key.ts";

/**
 * Replaces first-level keys of a Flux object's spec, each as a whole; null takes one away, what is still masked keeps its
 * value. With the version it was seen at, a change of somebody else meanwhile is not overwritten. Returns the row as it is then.
 *
 * @throws DomainError CONFLICT, MASKED_VALUE, DURATION, SOURCE_URL, OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_REJECTED, CLUSTER_FORBIDDEN, …
 */
export const updateResource = operation({
  name: "resource.update",
  permission: "resource.update",
  scope: resourceScope,
  effect: "cluster",
  audit: { action: "update", subject: resourceSubject },
  input: UpdateResourceInput,
  output: ResourceRow,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, { spec, resourceVersion, ...ref }) {
    const key = keyOf(ref);
    const named = await namedObject(ctx, { ...ref, group: key.group });
    const { object, changed } = await editSpec(ctx, named, { spec, resourceVersion });
    ctx.note(noteOfEdit(changed, appliedBy(object)));
    return rowAfterAction(ctx, named.clusterId, key);
  },
});
