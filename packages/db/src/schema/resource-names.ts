import { pgTable, primaryKey } from "drizzle-orm/pg-core";
import { byteText } from "./byte-text.ts";

/**
 * Every namespace and name that some object has or had, once: the clusters of a fleet run the same things under the same
 * names. A search by text finds the names here, in `resource_names_text` (0007_names), and their objects by
 * `flux_resources_name`. A trigger on `flux_resources` adds what is new, whoever writes it.
 */
export const resourceNames = pgTable(
  "resource_names",
  {
    namespace: byteText().notNull(),
    name: byteText().notNull(),
  },
  (t) => [primaryKey({ columns: [t.namespace, t.name] })],
);
