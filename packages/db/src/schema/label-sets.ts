import { bigint, index, jsonb, pgTable } from "drizzle-orm/pg-core";

/**
 * Every set of labels that some object has, once: a fleet has few of them, because its clusters run the same things. Those
 * that none has any more go every night. A filter finds the sets here and their objects by `flux_resources_label_set`, so that no write of an object pays for an
 * index of its labels.
 */
export const labelSets = pgTable(
  "label_sets",
  {
    /** `hashtextextended(labels::text, 0)`. Two sets may share it: the objects' own labels decide. */
    hash: bigint({ mode: "bigint" }).primaryKey(),
    labels: jsonb().$type<Record<string, string>>().notNull(),
  },
  (t) => [index("label_sets_labels").using("gin", t.labels)],
);
