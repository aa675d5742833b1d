import { bigint, index, pgTable } from "drizzle-orm/pg-core";

/** What a Flux object applied of other kinds, as one array: millions of rows otherwise. Flux objects are in `resource_edges`. */
export const resourceInventories = pgTable(
  "resource_inventories",
  {
    resourceId: bigint("resource_id", { mode: "bigint" }).primaryKey(),
    /** `inventoryHash` of each id: an eighth of the ids' size, and enough to find who applied one. */
    objects: bigint({ mode: "number" }).array().notNull(),
  },
  (t) => [index("resource_inventories_objects").using("gin", t.objects)],
);
