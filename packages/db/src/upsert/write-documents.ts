import type { Transaction } from "../connect.ts";
import { storable } from "./recordset.ts";

/** The masked document of one row of `flux_resources`. */
export interface DocumentWrite {
  /** Decimal string, as `upsertResources` returned it. */
  resourceId: string;
  /** JSON text. */
  document: string;
}

/** Parameters of one statement are numbered by 16 bits; 500 rows are where more gain nothing. */
const ROWS_MAX = 500;

/**
 * Inserts or replaces documents by VALUES with a parameter each: documents inside a JSON parameter would be parsed twice.
 * A document that is byte for byte the stored one is not written.
 */
export async function writeDocuments(tx: Transaction, documents: readonly DocumentWrite[]): Promise<void> {
  for (let at = 0; at < documents.length; at += ROWS_MAX) {
    const batch = documents
      .slice(at, at + ROWS_MAX)
      .sort((a, b) => (BigInt(a.resourceId) < BigInt(b.resourceId) ? -1 : 1));
    const places = batch.map((_, index) => `($${index * 2 + 1}::bigint, $${index * 2 + 2}::text)`).join(", ");
    const parameters = batch.flatMap(({ resourceId, document }) => [resourceId, storable(document)]);
    await tx.unsafe(
      `insert into flux_objects as o (resource_id, document) values ${places}
       on conflict (resource_id) do update set document = excluded.document where o.document <> excluded.document`,
      parameters,
    );
  }
}
