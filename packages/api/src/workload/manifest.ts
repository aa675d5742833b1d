import { DomainError, Manifest, ObjectRef } from "@flux-orchestrator/contract";
import { MASKED_LEAVES, maskObject } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { namedObject, OBJECT_FIELD_CODES, objectScope, readObject } from "./object-ref.ts";

/**
 * Any object as the cluster has it now, of whatever kind its credential may read; without `managedFields`, and with everything
 * secret masked.
 *
 * @throws DomainError KIND_NOT_SUPPORTED, KIND_AMBIGUOUS, OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, …
 */
export const objectManifest = operation({
  name: "workload.manifest",
  permission: "resource.read",
  scope: objectScope,
  effect: "read",
  input: ObjectRef,
  output: Manifest,
  invalid: OBJECT_FIELD_CODES,
  async run(ctx, ref) {
    const named = await namedObject(ctx, ref);
    if (!named.resource.verbs.includes("get"))
      throw new DomainError("KIND_NOT_SUPPORTED", `A ${ref.kind} is asked a question with; none is kept to be read.`);
    const { object, masked } = maskObject(await readObject(named), (value) => ctx.keyring.hmac(value));
    const { [MASKED_LEAVES]: _, ...shown } = object;
    return { object: shown, masked };
  },
});
