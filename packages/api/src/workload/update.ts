import { UpdatedObject, UpdateObjectInput } from "@flux-orchestrator/contract";
import { fluxKind } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { refreshAfterAction } from "../resource/after-action.ts";
import { appliedBy } from "./applied-by.ts";
import { editSpec, noteOfEdit } from "./edit-spec.ts";
import { namedObject, OBJECT_FIELD_CODES, objectScope, objectSubject } from "./object-ref.ts";

/**
 * Replaces first-level keys of the spec of any object but Secrets and ConfigMaps, each as a whole; null takes one away, what is
 * still masked keeps its value. With the version it was seen at, a change of somebody else meanwhile is not overwritten.
 *
 * @throws DomainError CONFLICT, MASKED_VALUE, DURATION, SOURCE_URL, KIND_NOT_SUPPORTED, OBJECT_NOT_FOUND, CLUSTER_REJECTED, CLUSTER_FORBIDDEN, …
 */
export const updateObject = operation({
  name: "workload.update",
  permission: "resource.update",
  scope: objectScope,
  effect: "cluster",
  audit: { action: "update", subject: objectSubject },
  input: UpdateObjectInput,
  output: UpdatedObject,
  invalid: OBJECT_FIELD_CODES,
  async run(ctx, { spec, resourceVersion, ...ref }) {
    const named = await namedObject(ctx, ref);
    const { object, changed } = await editSpec(ctx, named, { spec, resourceVersion });
    const { clusterId, resource, at } = named;
    if (fluxKind(resource.kind)?.group === resource.group)
      await refreshAfterAction(ctx, clusterId, { group: resource.group, kind: resource.kind, ...at });
    const by = appliedBy(object);
    ctx.note(noteOfEdit(changed, by));
    return { resourceVersion: object.metadata.resourceVersion, changed, appliedBy: by };
  },
});
