import type { Sql } from "@flux-orchestrator/db";
import { normalise } from "@flux-orchestrator/flux";
import { LivingObject } from "./living-object.ts";

/** What each object's own name, namespace and message stand for. */
const OWN = { name: "<name>", namespace: "<namespace>", message: "<message>" };

/** Gives every row of a generated fleet a document of usual size that says what its row does, as storing it would have. */
export async function generateDocuments(sql: Sql): Promise<void> {
  const object = new LivingObject({
    group: "kustomize.toolkit.fluxcd.io",
    kind: "Kustomization",
    namespace: OWN.namespace,
    name: OWN.name,
    uid: "8d1f0c5e-0000-4000-8000-000000000000",
  }).toObject();
  const [ready] = (object.status as { conditions: { message: string }[] }).conditions;
  ready!.message = OWN.message;
  const { document } = normalise(object, { hmac: () => "" });
  await sql`
    insert into flux_objects (resource_id, document)
    select r.id, replace(replace(replace(${document}::text, ${OWN.namespace}, r.namespace), ${OWN.name}, r.name), ${OWN.message}, r.message)
    from flux_resources r on conflict do nothing`;
  await sql`vacuum (analyze) flux_objects`;
  await sql`checkpoint`;
}
