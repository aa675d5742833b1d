import type { Transaction } from "../connect.ts";
import { columnArrays } from "./column-arrays.ts";

/** The masked document of one row of `flux_resources`. */
export interface DocumentWrite {
  /** Decimal string. */
  resourceId: string;
  /** JSON as `JSON.stringify` writes it. */
  document: string;
}

/** Never in a document: JSON writes control characters as escapes. */
const SEPARATOR = "\x1e";
const ids = columnArrays<Pick<DocumentWrite, "resourceId">>({ resourceId: "bigint" });
const TEXT = `
  insert into flux_objects as o (resource_id, document)
  select * from rows from (unnest(${ids.arrays}), string_to_table($2::text, E'\\x1e'))
  on conflict (resource_id) do update set document = excluded.document where o.document <> excluded.document`;

/**
 * Inserts or replaces documents, all of them sent as one text that is only cut apart: in an array or in JSON each would
 * be escaped, and parsed once more. A document that is byte for byte the stored one is not written.
 */
export async function writeDocuments(tx: Transaction, documents: readonly DocumentWrite[]): Promise<void> {
  if (documents.length === 0) return;
  const texts = documents.map(({ document }) => document).join(SEPARATOR);
  await tx.unsafe(TEXT, [...ids.parameters(documents), texts], { prepare: true });
}
