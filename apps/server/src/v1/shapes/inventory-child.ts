import type { listChildren } from "@flux-orchestrator/api";
import type { OutputOf } from "../route.ts";

/** Objects a Kustomization or HelmRelease applied; the capitalised keys only where the id can be read. */
export function toV1Children(children: OutputOf<typeof listChildren>) {
  const resources = children.map(({ id, version, object }) =>
    object === null
      ? { id, version }
      : {
          Group: object.group,
          Kind: object.kind,
          Name: object.name,
          Namespace: object.namespace,
          id,
          version,
        },
  );
  return { count: resources.length, resources };
}
