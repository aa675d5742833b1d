import type { GeneratedFleet } from "./generated-fleet.ts";
import { openPatient } from "./postgres.ts";
import { type Product, startProduct } from "./product.ts";

/**
 * Starts the server on a generated fleet whose clusters it does not try to watch: it reads which there are when it starts,
 * so they come back right afterwards. What else it does is the same.
 */
export async function startProductBeside(fleet: GeneratedFleet): Promise<Product> {
  const sql = openPatient(fleet.url, 1);
  try {
    await sql`create table if not exists hidden_clusters as table clusters`;
    await sql`delete from clusters`;
    const product = await startProduct(fleet.url);
    await sql`insert into clusters select * from hidden_clusters`;
    return product;
  } finally {
    await sql.end();
  }
}
